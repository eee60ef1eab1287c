// The bounds of store.h, checked the same way by both engines.
#pragma once

#include <span>

#include "store/store.h"

namespace idun::store {

Status check_key(std::string_view key);
Status check_keys(std::span<const std::string> keys);
// Sizes; and, as a bug, that no key is written twice.
Status check_batch(const Batch& batch);

// The first key of the next partition, or empty when `key`'s partition is the last one.
std::string partition_end(std::string_view key);
// Whether every key of `range` lies in the partition of `range.from`.
bool in_one_partition(const Range& range);
// No key can lie in it.
bool is_empty(const Range& range);

}  // namespace idun::store
