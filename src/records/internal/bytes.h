// Writing and reading the pieces of docs/formats/records.md: big-endian integers, varints, strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idun::records {

inline void put_u64(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
inline void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}
inline void put_string(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out += text;
}

inline std::uint64_t u64_at(const char* bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

// A text that is put together to be hashed: nearly always short, then nothing is allocated.
class ShortText {
public:
    void append(std::string_view part) {
        if (long_.empty() && part.size() <= sizeof bytes_ - size_) {
            part.copy(bytes_ + size_, part.size());
            size_ += part.size();
        } else {
            if (long_.empty()) long_.assign(bytes_, size_);
            long_.append(part);
        }
    }
    void append_u64(std::uint64_t value) {
        char bytes[8];
        for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
        append({bytes, sizeof bytes});
    }
    std::string_view view() const { return long_.empty() ? std::string_view(bytes_, size_) : long_; }

private:
    std::size_t size_ = 0;
    char bytes_[256];
    std::string long_;
};

// Reads from the front; after the first piece that is not there everything is empty and ok() is false.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    bool ok() const { return ok_; }
    std::string_view rest() const { return rest_; }

    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) return broken();
        const std::string_view out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }
    std::uint8_t byte() {
        const std::string_view one = take(1);
        return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
    }
    std::uint64_t u64() {
        const std::string_view eight = take(8);
        return eight.empty() ? 0 : u64_at(eight.data());
    }
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            const auto next = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{next & 0x7Fu} << shift;
            if (next < 0x80) return value;
        }
        broken();
        return 0;
    }
    std::string_view string() { return take(varint()); }
    // A count of things that take at least one byte each.
    std::uint64_t count() {
        const std::uint64_t value = varint();
        if (value > rest_.size()) {
            broken();
            return 0;
        }
        return value;
    }

private:
    std::string_view broken() {
        ok_ = false;
        rest_ = {};
        return {};
    }

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace idun::records
