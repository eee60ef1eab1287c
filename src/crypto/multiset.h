// A sum over a set of byte strings that does not depend on their order: whoever has the same set under the same key
// gets the same sum. For finding differences between two copies, not against an adversary who may choose the items and
// knows the key: sums are taken under a key that is made for one comparison.
//
// The sum is of SipHash-2-4 values of 128 bits, each half by itself modulo 2^64: other items share one by chance once in 2^128.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idun::crypto {

inline constexpr std::size_t kMultisetBytes = 16;

struct MultisetKey {
    std::array<std::uint8_t, 16> bytes{};
    static std::optional<MultisetKey> from(std::string_view raw);
};

struct MultisetHash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    void add(const MultisetKey& key, std::string_view item);
    void add(const MultisetHash& other) {
        low += other.low;
        high += other.high;
    }
    // 16 bytes; nothing unless it has 16.
    std::string raw() const;
    static std::optional<MultisetHash> from(std::string_view raw);
    friend bool operator==(const MultisetHash&, const MultisetHash&) = default;
};

}  // namespace idun::crypto
