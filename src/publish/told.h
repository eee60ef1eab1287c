// What the hub has acknowledged, as the node wrote it down: one row a person. A comparison reads these instead of all records.
//
// docs/formats/index.md has the bytes. Functions of one thread, the publisher's.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "index/index.h"
#include "store/store.h"

namespace idun::publish {

// Into `batch`: what `pointers`, which the hub has, change of the rows in `snapshot`. A person's pointers stand together.
Status note_told(store::Batch& batch, const store::Snapshot& snapshot, std::span<const index::Pointer> pointers);

// All of it in the order of persons and categories; the source version of each is 0. `corrupt` when a row cannot be read.
Result<std::vector<index::Pointer>> told_pointers(const store::Snapshot& snapshot);

// When the rows were last held against all records; nothing: never, so that they do not tell everything.
Result<std::optional<Instant>> told_whole_since(const store::Snapshot& snapshot);

// The time of a walk that has to be made again, though the rows tell everything.
inline constexpr Instant kWalkDue{0};
// Makes it so, durably: whatever happens to this process the next one walks. Not while it is so already, or nothing was ever whole.
Status make_walk_due(store::Store& store);
// All that follows from the walk is done too.
Status note_walked(store::Store& store, Instant now);

// Makes the rows say exactly `pointers` (in the order of persons), then that they are whole since `now`. In commits of bounded size; what is broken off
// is as it was before, but for some persons. How many persons had another row, or none.
Result<std::uint64_t> write_told(store::Store& store, std::span<const index::Pointer> pointers, Instant now);

}  // namespace idun::publish
