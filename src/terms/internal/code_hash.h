// Finds codes by their text: numbers of a list, in open addressing. Codes that differ in ASCII case only share a hash, so
// that systems without case find theirs in the same table.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace idun::terms {

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline bool same_without_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    }
    return true;
}

inline std::uint32_t code_hash(std::string_view code) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : code) h = (h ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3u;
    return static_cast<std::uint32_t>(h ^ h >> 32);
}

class CodeTable {
public:
    static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;

    // The first number with that code's hash for which `same` holds; kEmpty when there is none.
    template <typename Same>
    std::uint32_t find(std::string_view code, Same same) const {
        if (slots_.empty()) return kEmpty;
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = code_hash(code) & mask;; at = (at + 1) & mask) {
            if (slots_[at] == kEmpty || same(slots_[at])) return slots_[at];
        }
    }
    // `code_of` gives the code of a number that is in already, for when the table grows.
    template <typename CodeOf>
    void add(std::string_view code, std::uint32_t number, CodeOf code_of) {
        if ((count_ + 1) * 2 > slots_.size()) grow(code_of);
        put(code, number);
        ++count_;
    }

private:
    void put(std::string_view code, std::uint32_t number) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = code_hash(code) & mask;
        while (slots_[at] != kEmpty) at = (at + 1) & mask;
        slots_[at] = number;
    }
    template <typename CodeOf>
    void grow(CodeOf code_of) {
        std::vector<std::uint32_t> old(slots_.empty() ? 16 : slots_.size() * 2, kEmpty);
        old.swap(slots_);
        for (const std::uint32_t number : old) {
            if (number != kEmpty) put(code_of(number), number);
        }
    }

    std::vector<std::uint32_t> slots_;  // a power of two, at most half full
    std::size_t count_ = 0;
};

}  // namespace idun::terms
