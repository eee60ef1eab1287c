// What an entry of the tree is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace idun::ledger {

inline constexpr std::size_t kEntryBytesMax = 65'535;

// On disk.
enum class Kind : std::uint8_t { person = 1, nobody = 2, map_root = 3, forgotten = 4 };

}  // namespace idun::ledger
