// CRC-64/XZ: finds every burst of up to 64 wrong bits, and anything else but once in 2^64.
#pragma once

#include <cstdint>
#include <string_view>

namespace idun::store {

// Of what `before` is the checksum of, followed by `bytes`.
std::uint64_t crc64(std::string_view bytes, std::uint64_t before = 0);

}  // namespace idun::store
