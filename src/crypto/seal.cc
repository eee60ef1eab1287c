#include "crypto/seal.h"

#include <sodium.h>

#include "base/result.h"

namespace idun::crypto {
namespace {

const unsigned char* raw_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Chooses the fastest code for this machine, once.
void prepare() {
    static const bool ready = sodium_init() >= 0;
    IDUN_CHECK(ready);
}

}  // namespace

void seal(std::string& out, std::string_view key, std::string_view nonce, std::string_view associated,
          std::string_view plain) {
    IDUN_CHECK(key.size() == kSealKeyBytes && nonce.size() == kSealNonceBytes);
    prepare();
    const std::size_t at = out.size();
    out.resize(at + plain.size() + kSealTagBytes);
    crypto_aead_chacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(out.data() + at), nullptr,
                                              raw_bytes(plain), plain.size(), raw_bytes(associated), associated.size(),
                                              nullptr, raw_bytes(nonce), raw_bytes(key));
}

std::optional<std::string> open_sealed(std::string_view key, std::string_view nonce, std::string_view associated,
                                       std::string_view sealed) {
    IDUN_CHECK(key.size() == kSealKeyBytes && nonce.size() == kSealNonceBytes);
    prepare();
    if (sealed.size() < kSealTagBytes) return std::nullopt;
    std::string out(sealed.size() - kSealTagBytes, '\0');
    if (crypto_aead_chacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr,
                                                  raw_bytes(sealed), sealed.size(), raw_bytes(associated),
                                                  associated.size(), raw_bytes(nonce), raw_bytes(key)) != 0)
        return std::nullopt;
    return out;
}

}  // namespace idun::crypto
