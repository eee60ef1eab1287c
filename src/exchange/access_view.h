// Who has looked: the hub's log entries about one person, newest first.
//
// The log is the truth; this keeps rows (person, entry) in the hub's store so that one person's entries are
// found without reading the whole log. It catches up with the log when asked.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "crypto/pseudonym.h"
#include "ledger/ledger.h"
#include "store/store.h"

namespace idun::exchange {

// Thread-safe.
class AccessView {
public:
    static Result<std::unique_ptr<AccessView>> open(store::Store& store, const ledger::Ledger& ledger);

    struct Seen {
        ledger::Access access;
        ledger::Receipt receipt;
    };
    struct Page {
        std::vector<Seen> seen;
        bool more = false;  // go on before the index of the last
    };
    // At most `count_max` entries about the person with an index below `before`, newest first. Of a gathering
    // only how it ended is shown, or that it was begun where the end is missing: the row of the beginning goes
    // when the end is indexed.
    Result<Page> about(const crypto::Pseudonym& person, std::uint64_t before, std::size_t count_max);

private:
    AccessView(store::Store& store, const ledger::Ledger& ledger) : store_(store), ledger_(ledger) {}
    Status catch_up();
    std::uint64_t resume_at(std::uint64_t next) const;

    store::Store& store_;
    const ledger::Ledger& ledger_;
    std::mutex mutex_;
    std::uint64_t next_ = 0;                    // first entry of the log without a row
    struct Begun {
        std::string key;
        std::uint64_t index;
    };
    std::map<std::string, Begun> begun_;  // gatherings without an end so far, by request id
};

}  // namespace idun::exchange
