// ChaCha20-Poly1305 as the IETF has it (RFC 8439): nobody without the key can read or change what is sealed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace idun::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kSealNonceBytes = 12;
inline constexpr std::size_t kSealTagBytes = 16;

// Appends the sealed bytes and their tag to `out`. A nonce is used once with a key: the caller sees to it. `associated`
// is not in the output and must be the same when it is opened. Key and nonce have their lengths (IDUN_CHECKed).
void seal(std::string& out, std::string_view key, std::string_view nonce, std::string_view associated,
          std::string_view plain);

// Nothing when the key, nonce, associated data or any sealed byte is another.
std::optional<std::string> open_sealed(std::string_view key, std::string_view nonce, std::string_view associated,
                                       std::string_view sealed);

}  // namespace idun::crypto
