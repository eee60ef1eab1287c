// What a log's folder holds when it is opened, and how it is brought back to its last finished group.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/internal/walk.h"

namespace idun::ledger {

// Every kPointEvery-th entry of a segment, so that reading need not start at the segment's beginning.
inline constexpr std::uint64_t kPointEvery = 64;
struct Point {
    std::uint64_t index = 0;
    std::uint64_t offset = 0;
    crypto::Hash before;
};
struct SegmentIndex {
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;  // durable
    std::vector<Point> points;
};

struct Recovered {
    ChainState state;
    std::vector<SegmentIndex> segments;  // none: there is no log yet
};

// Cuts off an unfinished group. `corrupt`: see Ledger::open.
Result<Recovered> recover(FileSystem& files, const std::string& folder, const std::string& log_id,
                          const crypto::KeySet& keys);

}  // namespace idun::ledger
