// Tiles and bundles as they lie in files, for writer and reader.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "ledger/file_system.h"
#include "ledger/tile_name.h"

namespace idun::ledger {

// A tile's or bundle's content, cut into its parts: hashes of 32 bytes, or entries without their lengths.
using Parts = std::vector<std::string>;

// Nothing unless the bytes are exactly `width` hashes or entries.
std::optional<Parts> parse_tile(const TileName& name, std::string_view bytes);
// One hash or entry as it stands in the file.
std::string framed(const TileName& name, std::string_view part);

// The first `name.width` parts of the tile, out of the first of its files that is well formed and whose parts are
// accepted: the one of that width, the whole one, wider ones. `corrupt` when there is none.
Result<Parts> read_tile(FileSystem& files, const std::string& folder, const TileName& name,
                        const std::function<bool(const Parts&)>& accept);
inline bool accept_all(const Parts&) { return true; }

// Widths of the partial files that are there.
Result<std::vector<unsigned>> partial_widths(FileSystem& files, const std::string& folder, const TileName& name);

// The hash above 2^n hashes.
crypto::Hash above(std::span<const crypto::Hash> hashes);
std::vector<crypto::Hash> hashes_in(const Parts& parts);

}  // namespace idun::ledger
