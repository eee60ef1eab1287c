// LEB128 numbers, of which each has one form only.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace idun::ledger {

inline void append_varint(std::string& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

// Zero, and `good` false, when the bytes end, do not fit 64 bits or are not the shortest form.
inline std::uint64_t read_varint(ByteReader& in, bool& good) {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const auto byte = in.be<std::uint8_t>();
        if (!in.ok() || (shift == 63 && byte > 1) || (byte == 0 && shift > 0)) break;
        out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return out;
    }
    good = false;
    return 0;
}

// So that small negative numbers are small too.
inline std::uint64_t zigzag(std::int64_t number) {
    return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
inline std::int64_t from_zigzag(std::uint64_t number) {
    return static_cast<std::int64_t>(number >> 1 ^ (~(number & 1) + 1));
}

}  // namespace idun::ledger
