// Names of the public files of a log (C2SP tlog-tiles): tiles of 256 hashes and bundles of 256 entries.
//
//     TileName{.level = 0, .index = 1234067}.path()               "tile/0/x001/x234/067"
//     TileName{.index = 5, .width = 17}.path()                    "tile/entries/005.p/17"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idun::ledger {

inline constexpr unsigned kTileWidth = 256;
inline constexpr std::string_view kCheckpointName = "checkpoint";

struct TileName {
    std::optional<unsigned> level = {};  // 0 to 63; none: a bundle of entries
    std::uint64_t index = 0;
    unsigned width = kTileWidth;  // 1 to 256; less: a partial one

    bool whole() const { return width == kTileWidth; }
    std::string path() const;
    // Of the folder in which the partial ones of this tile lie: "tile/0/005.p"
    std::string partials() const;
    // Nothing unless path() would write it.
    static std::optional<TileName> from_path(std::string_view path);
    friend bool operator==(const TileName&, const TileName&) = default;
};

// How wide the tile is in a log of `size` entries; 0 when it has none.
unsigned width_in(std::optional<unsigned> level, std::uint64_t index, std::uint64_t size);

}  // namespace idun::ledger
