// Fixed-width numbers in byte strings, for keys (big-endian, so that byte order is number order) and values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idun {

template <typename T>
void append_be(std::string& out, T number) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
}

// Appends a length (4 bytes) and the bytes.
inline void append_text(std::string& out, std::string_view text) {
    append_be(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

// Reads what append_be and append_text wrote. After the first read beyond the end everything is zero or
// empty and ok() is false, so that a reader checks once, at the end.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <typename T>
    T be() {
        const std::string_view raw = take(sizeof(T));
        std::uint64_t value = 0;
        for (const char c : raw) value = value << 8 | static_cast<std::uint8_t>(c);
        return static_cast<T>(value);
    }
    std::string_view text() { return take(be<std::uint32_t>()); }
    std::string_view take(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }
    std::string_view rest() const { return rest_; }
    bool ok() const { return ok_; }
    // Everything was there and nothing is left.
    bool done() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace idun
