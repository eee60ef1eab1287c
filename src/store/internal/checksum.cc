#include "store/internal/checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace idun::store {
namespace {

using Table = std::array<std::array<std::uint64_t, 256>, 8>;

// slices[k][b]: what byte b does to the checksum k bytes later, so that eight bytes go in at once.
constexpr Table make_slices() {
    Table slices{};
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xC96C5795D7870F42ull : 0);
        slices[0][byte] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            slices[k][byte] = (slices[k - 1][byte] >> 8) ^ slices[0][slices[k - 1][byte] & 0xff];
    return slices;
}

constexpr Table kSlices = make_slices();

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t before) {
    std::uint64_t crc = ~before;
    static_assert(std::endian::native == std::endian::little);
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        word ^= crc;
        crc = 0;
        for (std::size_t k = 0; k < 8; ++k) crc ^= kSlices[7 - k][(word >> (8 * k)) & 0xff];
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) crc = kSlices[0][(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

}  // namespace idun::store
