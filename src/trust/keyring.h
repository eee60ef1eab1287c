// Public keys as a JWK set (RFC 7517), for /.well-known/jwks.json.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jws.h"

namespace idun::trust {

inline constexpr std::size_t kKeyringBytesMax = 64u << 10;
inline constexpr std::size_t kKeyringKeysMax = 64;

std::string to_jwks(const crypto::KeySet& keys);

// Ed25519 signing keys only: keys of other types or uses are passed over (RFC 7517 §5), a malformed Ed25519 key,
// one with a private part, or one whose kid is not its thumbprint is `invalid`.
Result<crypto::KeySet> from_jwks(std::string_view json);

}  // namespace idun::trust
