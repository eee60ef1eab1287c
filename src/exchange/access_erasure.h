// Where the law orders that what logs say about a person is erased: the hub's rows about her go, of all logs. What cannot be opened
// any more in the logs themselves is theirs to forget (ledger/ledger.h).
#pragma once

#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::exchange {

// Her lines, the parts of gatherings, and receipts and tickets that were waited for. Kept: what was withheld from her list by
// decision (who, when, why; nothing of the access), and her own choices and messages, which are no log. In commits of a bounded size;
// how many entries went. Not while the hub runs.
Result<std::size_t> erase_accesses(store::Store& store, const crypto::Pseudonym& person);

}  // namespace idun::exchange
