// From change notes to index pointers: which (person, category) a run of commits made newer, or emptied.
#pragma once

#include <span>
#include <vector>

#include "index/index.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// What the index must learn from `changes` (notes of records; others are passed over). Where a note alone
// does not tell (a delete, a move, a Patient whose identifier came or went) it looks at `snapshot`, which is
// at or after the newest change; such pointers speak for the snapshot's version.
Result<std::vector<index::Pointer>> pointers_of(std::span<const store::Change> changes,
                                                const records::Records& records,
                                                const store::Snapshot& snapshot);

}  // namespace idun::publish
