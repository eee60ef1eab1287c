// Keyed pseudonyms: the same person always gets the same one under a key, and without the key nobody can tell
// whose it is (personal numbers are few enough to try them all against an unkeyed hash).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace idun::crypto {

inline constexpr std::size_t kPseudonymBytes = 16;
inline constexpr std::size_t kPseudonymTextBytes = 22;
inline constexpr std::size_t kPseudonymKeyBytes = 32;

// The first 16 bytes of HMAC-SHA-256: two of ten million people share one with a chance of about 10^-25.
struct Pseudonym {
    std::array<std::uint8_t, kPseudonymBytes> bytes{};

    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    // 22 characters of base64url.
    std::string text() const;
    static std::optional<Pseudonym> from_text(std::string_view text);
    static std::optional<Pseudonym> from(std::string_view raw);
    friend auto operator<=>(const Pseudonym&, const Pseudonym&) = default;
};

// Moves, does not copy; wiped when it goes. Thread-safe.
class PseudonymKey {
public:
    static Result<PseudonymKey> from(std::string_view raw);  // 32 bytes
    // As SigningKey::load_or_create; the line starts with "idun-pseudonym-key ".
    static Result<PseudonymKey> load_or_create(const std::string& path, Random& random);

    // Of the canonical bytes of a person's identifier (people/person_id.h).
    Pseudonym of(std::string_view canonical) const;

private:
    explicit PseudonymKey(std::string_view raw) : key_(raw) {}
    HmacKey key_;
};

}  // namespace idun::crypto

template <>
struct std::hash<idun::crypto::Pseudonym> {
    std::size_t operator()(const idun::crypto::Pseudonym& p) const noexcept {
        std::size_t out;
        __builtin_memcpy(&out, p.bytes.data(), sizeof out);
        return out;
    }
};
