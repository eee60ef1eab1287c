// Ed25519 keys and signatures (RFC 8032).
//
//     TRY_ASSIGN(auto key, crypto::SigningKey::load_or_create("keys/hub.key", system_random()));
//     crypto::Signature s = key.sign(message);
//     key.public_key().verify(message, s);   // true
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace idun::crypto {

inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;
inline constexpr std::size_t kSeedBytes = 32;

struct Signature {
    std::array<std::uint8_t, kSignatureBytes> bytes{};
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    // Invalid unless `raw` has exactly 64 bytes.
    static Result<Signature> from(std::string_view raw);
    friend bool operator==(const Signature&, const Signature&) = default;
};

// Names a public key: its RFC 7638 thumbprint, 43 characters of base64url.
struct KeyId {
    std::string text;
    friend auto operator<=>(const KeyId&, const KeyId&) = default;
};

// A value; copies are cheap enough. Thread-safe.
class PublicKey {
public:
    // Refuses what is not a point of the prime-order group (among them the keys for which anything verifies).
    static Result<PublicKey> from(std::string_view raw);
    static Result<PublicKey> from_base64url(std::string_view text);

    bool verify(std::string_view message, const Signature& signature) const;

    const KeyId& id() const { return id_; }
    std::string_view raw() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
    std::string base64url() const;
    // {"alg":"EdDSA","crv":"Ed25519","kid":...,"kty":"OKP","use":"sig","x":...} (RFC 8037)
    std::string jwk() const;

    friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.bytes_ == b.bytes_; }

private:
    PublicKey() = default;
    std::array<std::uint8_t, kPublicKeyBytes> bytes_{};
    KeyId id_;
};

// Moves, does not copy; its memory is kept out of swap where the system allows it and wiped when it goes.
// Thread-safe.
class SigningKey {
public:
    static SigningKey generate(Random& random);
    // From the 32-byte seed of RFC 8032.
    static Result<SigningKey> from_seed(std::string_view seed);
    // The key in the file, which is made first when it does not exist. The file holds one line, "idun-ed25519-seed "
    // and 64 hex digits, and belongs to its owner alone: forbidden when group or others may read or write it, or
    // when it is not a plain file; corrupt when it holds anything else.
    static Result<SigningKey> load_or_create(const std::string& path, Random& random);

    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    ~SigningKey();

    Signature sign(std::string_view message) const;
    const PublicKey& public_key() const;
    const KeyId& id() const { return public_key().id(); }

private:
    struct Impl;
    explicit SigningKey(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::crypto
