// SHA-256 and HMAC-SHA-256.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace idun::crypto {

inline constexpr std::size_t kHashBytes = 32;

struct Hash {
    std::array<std::uint8_t, kHashBytes> bytes{};

    // The 32 bytes; lives as long as this Hash.
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    // Nothing unless `raw` has exactly 32 bytes.
    static std::optional<Hash> from(std::string_view raw);
    friend auto operator<=>(const Hash&, const Hash&) = default;
};

Hash sha256(std::string_view data);
// Of the parts one after another, without copying them together.
Hash sha256(std::initializer_list<std::string_view> parts);

// Streaming. One thread at a time.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(std::string_view data);
    // The hash of all that was added; the object then starts anew.
    Hash finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A key prepared once, so that each use costs two hash blocks less. Thread-safe; wiped when it goes.
class HmacKey {
public:
    // A key of any length (RFC 2104).
    explicit HmacKey(std::string_view key);
    ~HmacKey();
    HmacKey(HmacKey&&) noexcept;
    HmacKey& operator=(HmacKey&&) noexcept;

    Hash mac(std::string_view data) const;
    Hash mac(std::initializer_list<std::string_view> parts) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace idun::crypto
