// One person's row, and her history: bytes to values and back. docs/formats/index.md shows them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace idun::index {

// Seconds since 1970, to 2106.
using Seconds = std::uint32_t;

inline constexpr std::uint64_t kMsMax = std::uint64_t{0xffff'ffff} * 1000 + 999;
inline bool fits_seconds(Instant time) { return time.ms >= 0 && static_cast<std::uint64_t>(time.ms) <= kMsMax; }
// Rounded down.
inline Seconds seconds(Instant time) { return static_cast<Seconds>(time.ms / 1000); }
inline Instant instant(Seconds time) { return {std::int64_t{time} * 1000}; }

// A pointer as the index keeps it: what a provider says of one category of one person.
struct Stated {
    std::uint32_t provider = 0;  // its number (internal/names.h)
    std::uint8_t category = 0;   // its number, below kCategoriesMax
    bool withdrawn = false;
    Seconds newest = 0;
    Seconds learned = 0;  // when the index was told what it says
    std::uint64_t source_version = 0;

    friend bool operator==(const Stated&, const Stated&) = default;
};

inline constexpr std::uint8_t kCategoriesMax = 32;

// In the order of providers' numbers and then of categories', each pair once.
using Row = std::vector<Stated>;

std::string encode_row(std::span<const Stated> row);
// Calls `each` with every pointer, in order; false when the bytes are no row.
template <typename Each>
bool read_row(std::string_view bytes, Each&& each);
Result<Row> decode_row(std::string_view bytes);

// What a pointer said until it said something else.
struct Former {
    Stated said;
    Seconds until = 0;
    friend bool operator==(const Former&, const Former&) = default;
};
struct History {
    Seconds from = 0;  // nothing is lost since then; 0: ever
    std::vector<Former> former;  // in the order in which they ended
};
std::string encode_history(const History& history);
Result<History> decode_history(std::string_view bytes);

// For read_row only.
namespace row_bytes {

inline constexpr std::uint8_t kCountInHead = 7;  // of a group; 0: a varint follows
inline constexpr std::uint8_t kCategoryBits = 0x1f;
inline constexpr std::uint8_t kWithdrawn = 0x80;
inline constexpr std::uint8_t kSameVersion = 0x40;  // as the pointer before it of the same provider
inline constexpr std::uint8_t kSameLearned = 0x20;

class Reader {
public:
    explicit Reader(std::string_view bytes)
        : at_(reinterpret_cast<const std::uint8_t*>(bytes.data())), end_(at_ + bytes.size()) {}
    bool more() const { return at_ != end_; }
    bool ok() const { return ok_; }
    std::uint8_t byte() {
        if (at_ == end_) return bad();
        return *at_++;
    }
    std::uint32_t word() {
        if (end_ - at_ < 4) return bad();
        const std::uint32_t out = std::uint32_t{at_[0]} << 24 | std::uint32_t{at_[1]} << 16 |
                                  std::uint32_t{at_[2]} << 8 | std::uint32_t{at_[3]};
        at_ += 4;
        return out;
    }
    std::uint64_t varint() {
        std::uint64_t out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t one = byte();
            if (shift == 63 && one > 1) break;
            out |= std::uint64_t{one & 0x7fu} << shift;
            if (one < 0x80) return out;
        }
        return bad();
    }

private:
    std::uint8_t bad() {
        ok_ = false;
        at_ = end_;
        return 0;
    }
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    bool ok_ = true;
};

// `learned` lies mostly little after `newest`.
inline std::uint64_t folded(Seconds learned, Seconds newest) {
    const auto gap = static_cast<std::int64_t>(learned) - static_cast<std::int64_t>(newest);
    return gap < 0 ? static_cast<std::uint64_t>(-gap) * 2 - 1 : static_cast<std::uint64_t>(gap) * 2;
}
inline Seconds unfolded(std::uint64_t gap, Seconds newest) {
    const std::uint64_t size = (gap + 1) / 2;
    return static_cast<Seconds>(gap % 2 == 1 ? newest - size : newest + size);
}

}  // namespace row_bytes

template <typename Each>
bool read_row(std::string_view bytes, Each&& each) {
    row_bytes::Reader in(bytes);
    bool first = true;
    std::uint64_t provider_before = 0;
    while (in.more()) {
        const std::uint64_t group = in.varint();
        const std::uint64_t provider = group >> 3;
        const std::uint64_t few = group & row_bytes::kCountInHead;
        const std::uint64_t count = few != 0 ? few : in.varint();
        if (!in.ok() || provider > 0xffff'ffff || (!first && provider <= provider_before) || count == 0 ||
            count > kCategoriesMax || (few == 0 && count <= row_bytes::kCountInHead))
            return false;
        first = false;
        provider_before = provider;
        Stated one;
        one.provider = static_cast<std::uint32_t>(provider);
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::uint8_t head = in.byte();
            const auto category = static_cast<std::uint8_t>(head & row_bytes::kCategoryBits);
            if (i > 0 && category <= one.category) return false;
            if (i == 0 && (head & (row_bytes::kSameVersion | row_bytes::kSameLearned)) != 0) return false;
            one.category = category;
            one.withdrawn = (head & row_bytes::kWithdrawn) != 0;
            one.newest = in.word();
            if ((head & row_bytes::kSameVersion) == 0) one.source_version = in.varint();
            if ((head & row_bytes::kSameLearned) == 0) one.learned = row_bytes::unfolded(in.varint(), one.newest);
            if (!in.ok()) return false;
            each(static_cast<const Stated&>(one));
        }
    }
    return in.ok();
}

}  // namespace idun::index
