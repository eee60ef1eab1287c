// The tables of the records, for whoever looks through a node's store (store/table.h).
#pragma once

#include <string>

#include "store/table.h"

namespace idun::records {

// `base_url` as in Options. Reads the store's own key for hashes.
Result<store::Tables> tables(const store::Snapshot& snapshot, std::string base_url);

}  // namespace idun::records
