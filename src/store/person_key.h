// Keys of rows about one person: her partition comes first, so that what is known about her lies together.
#pragma once

#include <string>

#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::store {

// No table of another partition uses 'X' or 'Y': the index reads all rows of 17 bytes with these.
//
// First 8 bytes of the pseudonym (the partition), the table's letter, its last 8 bytes. Letters in use:
// 'X', 'Y' index pointers and their history (docs/formats/index.md); 'D' delivery (docs/formats/notifications.md);
// 'L', 'P', 'G', 'Q', 'V' accesses and 'U' of users (docs/formats/ledger-shipping.md);
// 'F', 'H', 'I', 'E', 'M', 'R', 'N', 'S', 'B', 'K', 'C' rights (docs/formats/rights-register.md).
inline std::string person_key(const crypto::Pseudonym& person, char table) {
    std::string key(person.view().substr(0, kPartitionBytes));
    key += table;
    key += person.view().substr(kPartitionBytes);
    return key;
}

}  // namespace idun::store
