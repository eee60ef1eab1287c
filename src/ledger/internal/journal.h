// What the journal holds when a log is opened. Its last group, if it was not finished, is cut off: nobody got a receipt for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/jws.h"
#include "crypto/merkle.h"
#include "ledger/file_system.h"
#include "ledger/internal/segment.h"

namespace idun::ledger {

struct Journal {
    struct Segment {
        std::uint64_t first = 0;
        std::uint64_t bytes = 0;
        Slot slots = 0;  // that there were before
    };
    std::vector<Segment> segments;     // none: there is no log yet
    std::vector<std::string> entries;  // from segments.front().first on
    std::vector<SlotKey> keys;         // from slot segments.front().slots on
    crypto::CompactRange before;       // the tree up to the first of them
    crypto::CompactRange range;        // the tree with all of them
    std::string note;                  // the newest checkpoint
};

// What else is known of the log, so that a lost end is not taken for an unfinished group.
struct Known {
    bool existed = false;
    std::uint64_t size = 0;
};

enum class Mend { no, yes };  // no: what would be cut off is refused as damage, and nothing is changed

// `folder` is the journal's. `corrupt` with file and offset: see Ledger::open.
Result<Journal> read_journal(FileSystem& files, const std::string& folder, const std::string& log_id,
                             const crypto::KeySet& keys, const Known& known, Mend mend);

}  // namespace idun::ledger
