// Keys of rows about one person: her partition comes first, so that what is known about her lies together.
#pragma once

#include <string>
#include <string_view>

#include "base/function_ref.h"
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

// For tables (table.h): whose row that is, in such keys with whatever behind them; and in keys that end in a pseudonym.
inline void whose_row(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found) {
    constexpr std::size_t kKeyBytes = crypto::kPseudonymBytes + 1;
    if (key.size() < kKeyBytes) return;
    std::string bytes(key.substr(0, kPartitionBytes));
    bytes += key.substr(kPartitionBytes + 1, kPartitionBytes);
    found(*crypto::Pseudonym::from(bytes));
}
inline void whose_end(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found) {
    if (key.size() > crypto::kPseudonymBytes) found(*crypto::Pseudonym::from(key.substr(key.size() - crypto::kPseudonymBytes)));
}

}  // namespace idun::store
