// Knows of most keys that they have not been written since some version, so that what a writer read at it still holds.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace idun::store {

// A fixed table of the newest version that wrote any of the keys that share a place: it errs to the safe side only. It
// knows the writes since it was made, so versions read before that must not be asked about. One thread at a time.
class RecentWrites {
public:
    RecentWrites() : newest_(kPlaces, 0) {}

    // True: for certain not written after `since`.
    bool untouched(std::string_view key, Version since) const { return newest_[place(key)] <= since.number; }
    // `version` may be higher than the one that the batch will get.
    void wrote(const Batch& batch, Version version) {
        for (const Batch::Write& write : batch.writes()) newest_[place(write.key)] = version.number;
    }

private:
    static constexpr std::size_t kPlaces = 1u << 15;
    static std::size_t place(std::string_view key) { return std::hash<std::string_view>()(key) % kPlaces; }

    std::vector<std::uint64_t> newest_;
};

}  // namespace idun::store
