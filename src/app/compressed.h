// Files as text: read whole (read_file), written whole (write_file), and unpacked whichever way they are packed
// (unpacked).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::app {

inline constexpr std::size_t kUnpackedBytesMax = 1u << 30;

// Unpacks gzip and zstd by their first bytes; other bytes stay as they are. `too_large` beyond the bound,
// `corrupt` when the packing is broken or cut off.
Result<std::string> unpacked(std::string bytes, std::size_t bytes_max = kUnpackedBytesMax);

Result<std::string> read_file(const std::string& path);
// In one step: a reader finds the old content or the new, never a part.
Status write_file(const std::string& path, std::string_view text);

}  // namespace idun::app
