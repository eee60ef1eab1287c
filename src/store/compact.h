// Gives back the space that overwritten and erased rows still take.
#pragma once

#include <cstdint>
#include <stop_token>

#include "store/store.h"

namespace idun::store {

struct Compacted {
    std::uint64_t before = 0;  // bytes on disk
    std::uint64_t after = 0;
    std::uint64_t reusable = 0;  // of `after`, about: free for new rows (PostgreSQL)
};

// What an engine does for it; both can.
class Compactable {
public:
    virtual ~Compactable() = default;
    virtual Result<Compacted> compact(std::stop_token stop) = 0;
};

// What an embedded store must have free on its disk beside itself: files are written anew before the old ones go, a part at a time.
inline constexpr std::uint64_t kCompactRoomMax = std::uint64_t{4} << 30;

// Reads and writes go on meanwhile. What a version that somebody reads or holds still needs stays. Once told to stop it ends
// `unavailable`, in the middle of a statement too; nothing is lost, and what was given back stays so. `unavailable`, with nothing begun,
// where the disk lacks room: a store that fills its disk takes no more writes. `unsupported` of a store that is none of the engines'.
Result<Compacted> compact(Store& store, std::stop_token stop = {});

}  // namespace idun::store
