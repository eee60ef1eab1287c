// An oblivious pseudorandom function: RFC 9497, mode OPRF, suite ristretto255-SHA512.
//
// The one who asks has an input, the other has a key. Together they find PRF(key, input): the asker learns it and nothing about the
// key, the key's holder learns nothing at all. So a provider can find a person's pseudonym without holding the national key, and
// whoever holds that key never sees whom a provider asks about.
//
//     const Blinded asked = *oprf_blind(canonical, random);         // the asker; sends asked.element
//     const auto answer = key.evaluate(asked.element);               // the key's holder; sends it back
//     const auto output = oprf_finalize(canonical, asked, *answer);  // the asker: 64 bytes, the same as key.of(canonical)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace idun::crypto {

inline constexpr std::size_t kOprfElementBytes = 32;
inline constexpr std::size_t kOprfScalarBytes = 32;
inline constexpr std::size_t kOprfOutputBytes = 64;
inline constexpr std::size_t kOprfInputBytesMax = 65'535;

// On the wire: 32 bytes, the canonical encoding of a group element.
using OprfElement = std::array<std::uint8_t, kOprfElementBytes>;

// What the asker keeps until the answer comes: the blind is as secret as the input. Wiped when it goes; moves, does not copy.
class Blinded {
public:
    OprfElement element{};  // to send

    Blinded() = default;
    Blinded(Blinded&& other) noexcept;
    Blinded& operator=(Blinded&&) = delete;
    ~Blinded();

private:
    friend Result<Blinded> oprf_blind_with(std::string_view input, std::string_view blind);
    friend Result<std::string> oprf_finalize(std::string_view input, const Blinded& asked, const OprfElement& answer);
    std::array<std::uint8_t, kOprfScalarBytes> blind_{};
};

// `invalid` for an input that is too long.
Result<Blinded> oprf_blind(std::string_view input, Random& random);
// With a blind that is given: for test vectors only. 32 bytes, not zero, below the group's order.
Result<Blinded> oprf_blind_with(std::string_view input, std::string_view blind);
// 64 bytes. `invalid` when the answer is no element.
Result<std::string> oprf_finalize(std::string_view input, const Blinded& asked, const OprfElement& answer);

// Moves, does not copy; wiped when it goes. Thread-safe.
class OprfKey {
public:
    // RFC 9497 §3.2.1, DeriveKeyPair: of a seed of 32 bytes and what the key is for.
    static Result<OprfKey> derive(std::string_view seed, std::string_view info);
    static Result<OprfKey> from(std::string_view scalar);  // 32 bytes, not zero, below the group's order
    OprfKey(OprfKey&&) noexcept;
    OprfKey& operator=(OprfKey&&) = delete;
    ~OprfKey();

    // The holder's part. `invalid` when `blinded` is no element of the group, or the identity.
    Result<OprfElement> evaluate(const OprfElement& blinded) const;
    // Both parts at once, for whoever has input and key. 64 bytes.
    Result<std::string> of(std::string_view input) const;

private:
    OprfKey() = default;
    std::array<std::uint8_t, kOprfScalarBytes> scalar_{};
};

}  // namespace idun::crypto
