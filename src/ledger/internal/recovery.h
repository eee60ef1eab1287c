// What a log's folder holds when it is opened: journal, keys and the right edge of the tiles fit each other, or it says where not.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/internal/integrator.h"
#include "ledger/internal/journal.h"
#include "ledger/internal/keys.h"
#include "ledger/receipt.h"

namespace idun::ledger {

struct Recovered {
    Journal journal;  // without segments: there is no log yet
    Slot kept = 0;    // slots that `keys` holds
    Batch batch;      // all of the journal's entries, for the tiles
    Instant newest;   // when the last entry was sealed
};

// Fills the ring. See Ledger::open for what is refused.
Result<Recovered> recover(FileSystem& files, const std::string& folder, const std::string& log_id,
                          const crypto::KeySet& keys, KeyRing& ring, Mend mend);

}  // namespace idun::ledger
