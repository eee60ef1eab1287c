// Decides which batches of a group go through: each sees the writes of the earlier ones in its group.
#pragma once

#include "store/internal/committer.h"
#include "store/internal/recent_writes.h"

namespace idun::store {

// Current values of keys, before the group.
using ReadCurrent = std::function<Result<std::vector<std::optional<std::string>>>(std::span<const std::string>)>;

struct Admitted {
    std::vector<Pending*> batches;  // in order; batches[i] gets version first + i
    Version first;
    Version last() const { return {first.number + batches.size() - 1}; }
};

// Gives every batch whose preconditions fail the outcome `conflict` and leaves the others without one.
// Reads all expected keys at once, but for those of which `recent` (may be null) knows that what the writer read still
// holds.
Result<Admitted> admit(std::span<Pending> group, Version newest, const ReadCurrent& read,
                       RecentWrites* recent = nullptr);

// The outcome of all that have none yet.
void settle(std::span<Pending> group, const Error& error);

}  // namespace idun::store
