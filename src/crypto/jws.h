// Compact JSON Web Signatures (RFC 7515) with Ed25519 (RFC 8037), and nothing else.
//
// The protected header is {"alg":"EdDSA","kid":...,"typ":...}: exactly these three members, in any order, as
// plain strings. So there is no `none`, no algorithm to confuse, no key inside the token and no `crit`. The typ
// says what the token is for (RFC 8725 §3.11): a token for one use never passes for another.
//
//     std::string token = crypto::sign_jws(key, "idun-ticket+jwt", payload);
//     TRY_ASSIGN(auto read, crypto::verify_jws(token, keys, "idun-ticket+jwt"));
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signing.h"

namespace idun::crypto {

inline constexpr std::size_t kJwsBytesMax = 8192;

// Public keys by their id; some tens at most. Reading is thread-safe.
class KeySet {
public:
    KeySet() = default;
    explicit KeySet(PublicKey key) { add(std::move(key)); }

    // A key that is there already changes nothing.
    void add(PublicKey key);
    // Null when there is none; lives until the set changes.
    const PublicKey* find(std::string_view key_id) const;
    const std::vector<PublicKey>& keys() const { return keys_; }
    bool empty() const { return keys_.empty(); }

private:
    std::vector<PublicKey> keys_;
};

// `typ` is of letters, digits, '+', '-', '.' and '/' (IDUN_CHECKed).
std::string sign_jws(const SigningKey& key, std::string_view typ, std::string_view payload);

struct Verified {
    std::string payload;
    KeyId key;
};

// The payload, once the signature holds for the key that `kid` names. `too_large` over `bytes_max`,
// else `unauthorized` with the check that failed: form, algorithm, type, unknown key, signature.
Result<Verified> verify_jws(std::string_view token, const KeySet& keys, std::string_view typ,
                            std::size_t bytes_max = kJwsBytesMax);

}  // namespace idun::crypto
