// No receipt, no data: what an access must write to the log before its answer may leave.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "ledger/ledger.h"
#include "records/outcome.h"

namespace idun::gate {

using Released = std::function<void(Result<ledger::Receipt>)>;

// Appends `access` with all of `records`, split over several entries where one would be too long, and calls
// `released` once all are durable, with the receipt of the last (its hash covers the others). Any failure
// is the whole's failure. `released` runs on a thread of the ledger and must be quick.
void release(ledger::Ledger& ledger, ledger::Access access, std::vector<ledger::Record> records, Released released);

// What the log says about records that an answer shows.
std::vector<ledger::Record> log_records(std::span<const records::Touched> touched, std::string_view provider_id);

}  // namespace idun::gate
