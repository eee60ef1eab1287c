// No receipt, no data: what an access must write to the log before its answer may leave.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "ledger/append_each.h"
#include "records/outcome.h"

namespace idun::gate {

// One access as the log takes it: all of `records`, split over several entries where one would be too long.
class Entries {
public:
    Entries(ledger::Access access, std::vector<ledger::Record> records)
        : access_(std::move(access)), records_(std::move(records)) {}
    // At least one, also without records; then nothing.
    std::optional<ledger::Access> next();

private:
    ledger::Access access_;
    std::vector<ledger::Record> records_;
    std::size_t at_ = 0;
    bool begun_ = false;
};

using Released = std::function<void(Result<ledger::Receipt>)>;

// Appends `access` with all of `records` and calls `released` once all is durable, with the receipt of the last entry.
// Any failure is the whole's failure. `released` runs on a thread of the ledger and must be quick.
void release(ledger::Ledger& ledger, ledger::Access access, std::vector<ledger::Record> records, Released released);

// What the log says about records that an answer shows.
ledger::Record log_record(const records::Touched& touched, std::string_view provider_id);

}  // namespace idun::gate
