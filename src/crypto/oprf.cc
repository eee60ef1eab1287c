#include "crypto/oprf.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace idun::crypto {
namespace {

// RFC 9497 §3.1: "OPRFV1-" || I2OSP(mode, 1) || "-" || identifier; the mode is 0.
constexpr std::string_view kContext("OPRFV1-\0-ristretto255-SHA512", 28);
constexpr std::size_t kUniformBytes = 64;
using Uniform = std::array<std::uint8_t, kUniformBytes>;
using Scalar = std::array<std::uint8_t, kOprfScalarBytes>;

class Sha512 {
public:
    Sha512() { crypto_hash_sha512_init(&state_); }
    Sha512& add(std::string_view data) {
        crypto_hash_sha512_update(&state_, reinterpret_cast<const unsigned char*>(data.data()), data.size());
        return *this;
    }
    Uniform finish() {
        Uniform out;
        crypto_hash_sha512_final(&state_, out.data());
        sodium_memzero(&state_, sizeof state_);
        return out;
    }

private:
    crypto_hash_sha512_state state_;
};

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), N};
}

// RFC 9380 §5.3.1, expand_message_xmd with SHA-512, of 64 bytes: one block.
Uniform expand(std::string_view message, std::string_view label) {
    std::string tag(label);
    tag += kContext;
    tag += static_cast<char>(tag.size());
    const std::string padding(128, '\0');  // a block of SHA-512
    constexpr std::string_view kLengthAndZero("\0\x40\0", 3);
    const Uniform first = Sha512().add(padding).add(message).add(kLengthAndZero).add(tag).finish();
    return Sha512().add(view(first)).add("\x01").add(tag).finish();
}

Scalar scalar_of(std::string_view message, std::string_view label) {
    const Uniform uniform = expand(message, label);
    Scalar out;
    crypto_core_ristretto255_scalar_reduce(out.data(), uniform.data());
    return out;
}

OprfElement element_of(std::string_view input) {
    const Uniform uniform = expand(input, "HashToGroup-");
    OprfElement out;
    crypto_core_ristretto255_from_hash(out.data(), uniform.data());
    return out;
}

// Canonical, that is below the group's order, and not zero.
bool good_scalar(std::string_view raw) {
    if (raw.size() != kOprfScalarBytes) return false;
    std::array<std::uint8_t, 64> wide{};
    std::memcpy(wide.data(), raw.data(), raw.size());
    Scalar reduced;
    crypto_core_ristretto255_scalar_reduce(reduced.data(), wide.data());
    return view(reduced) == raw && !std::ranges::all_of(raw, [](char c) { return c == 0; });
}

// Refuses what is no element; the identity comes out as an error too.
Result<OprfElement> times(const Scalar& scalar, const OprfElement& element) {
    OprfElement out;
    if (crypto_core_ristretto255_is_valid_point(element.data()) != 1 ||
        crypto_scalarmult_ristretto255(out.data(), scalar.data(), element.data()) != 0)
        return fail(Category::invalid, "oprf: not an element of the group");
    return out;
}

std::string output_of(std::string_view input, const OprfElement& element) {
    std::string lengths[2];
    append_be(lengths[0], static_cast<std::uint16_t>(input.size()));
    append_be(lengths[1], static_cast<std::uint16_t>(element.size()));
    const Uniform out = Sha512().add(lengths[0]).add(input).add(lengths[1]).add(view(element)).add("Finalize").finish();
    return std::string(view(out));
}

}  // namespace

Blinded::Blinded(Blinded&& other) noexcept : element(other.element), blind_(other.blind_) {
    sodium_memzero(other.blind_.data(), other.blind_.size());
}
Blinded::~Blinded() { sodium_memzero(blind_.data(), blind_.size()); }

Result<Blinded> oprf_blind_with(std::string_view input, std::string_view blind) {
    if (input.size() > kOprfInputBytesMax) return fail(Category::invalid, "oprf: the input is too long");
    if (!good_scalar(blind)) return fail(Category::invalid, "oprf: not a scalar");
    Blinded out;
    std::memcpy(out.blind_.data(), blind.data(), blind.size());
    TRY_ASSIGN(out.element, times(out.blind_, element_of(input)));
    return out;
}

Result<Blinded> oprf_blind(std::string_view input, Random& random) {
    // 64 uniform bytes, reduced: no scalar is likelier than another by more than 2^-259.
    std::string wide = random.bytes(kUniformBytes);
    Scalar blind;
    crypto_core_ristretto255_scalar_reduce(blind.data(), reinterpret_cast<const unsigned char*>(wide.data()));
    sodium_memzero(wide.data(), wide.size());
    auto out = oprf_blind_with(input, view(blind));
    sodium_memzero(blind.data(), blind.size());
    return out;
}

Result<std::string> oprf_finalize(std::string_view input, const Blinded& asked, const OprfElement& answer) {
    Scalar inverse;
    if (crypto_core_ristretto255_scalar_invert(inverse.data(), asked.blind_.data()) != 0)
        return fail(Category::invalid, "oprf: nothing was blinded");
    const auto element = times(inverse, answer);
    sodium_memzero(inverse.data(), inverse.size());
    if (!element) return fail(element.error());
    return output_of(input, *element);
}

Result<OprfKey> OprfKey::derive(std::string_view seed, std::string_view info) {
    if (seed.size() != 32 || info.size() > 65'535) return fail(Category::invalid, "oprf: a seed has 32 bytes");
    std::string message(seed);
    append_be(message, static_cast<std::uint16_t>(info.size()));
    message += info;
    message += '\0';  // a counter; zero comes out once in 2^252
    OprfKey key;
    key.scalar_ = scalar_of(message, "DeriveKeyPair");
    sodium_memzero(message.data(), message.size());
    return key;
}

Result<OprfKey> OprfKey::from(std::string_view scalar) {
    if (!good_scalar(scalar)) return fail(Category::invalid, "oprf: not a scalar");
    OprfKey key;
    std::memcpy(key.scalar_.data(), scalar.data(), scalar.size());
    return key;
}

OprfKey::OprfKey(OprfKey&& other) noexcept : scalar_(other.scalar_) {
    sodium_memzero(other.scalar_.data(), other.scalar_.size());
}
OprfKey::~OprfKey() { sodium_memzero(scalar_.data(), scalar_.size()); }

Result<OprfElement> OprfKey::evaluate(const OprfElement& blinded) const { return times(scalar_, blinded); }

Result<std::string> OprfKey::of(std::string_view input) const {
    if (input.size() > kOprfInputBytesMax) return fail(Category::invalid, "oprf: the input is too long");
    TRY_ASSIGN(const OprfElement element, times(scalar_, element_of(input)));
    return output_of(input, element);
}

}  // namespace idun::crypto
