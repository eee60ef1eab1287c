#include "crypto/signing.h"

#include <sodium.h>

#include <cstring>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/internal/secret_file.h"

namespace idun::crypto {
namespace {

static_assert(kPublicKeyBytes == crypto_sign_PUBLICKEYBYTES);
static_assert(kSignatureBytes == crypto_sign_BYTES);
static_assert(kSeedBytes == crypto_sign_SEEDBYTES);

constexpr std::string_view kFileLabel = "idun-ed25519-seed";

const unsigned char* unsigned_bytes(std::string_view data) {
    return reinterpret_cast<const unsigned char*>(data.data());
}

// RFC 7638 §3: the required members only, in lexical order, without white space.
std::string thumbprint(std::string_view x) {
    return base64url(sha256({R"({"crv":"Ed25519","kty":"OKP","x":")", x, R"("})"}).view());
}

}  // namespace

Result<Signature> Signature::from(std::string_view raw) {
    if (raw.size() != kSignatureBytes) return fail(Category::invalid, "a signature has 64 bytes");
    Signature out;
    std::memcpy(out.bytes.data(), raw.data(), kSignatureBytes);
    return out;
}

Result<PublicKey> PublicKey::from(std::string_view raw) {
    IDUN_CHECK(sodium_init() >= 0);
    if (raw.size() != kPublicKeyBytes) return fail(Category::invalid, "an Ed25519 public key has 32 bytes");
    if (crypto_core_ed25519_is_valid_point(unsigned_bytes(raw)) != 1)
        return fail(Category::invalid, "not an Ed25519 public key");
    PublicKey out;
    std::memcpy(out.bytes_.data(), raw.data(), kPublicKeyBytes);
    out.id_.text = thumbprint(out.base64url());
    return out;
}

Result<PublicKey> PublicKey::from_base64url(std::string_view text) {
    const auto raw = crypto::from_base64url(text);
    if (!raw) return fail(Category::invalid, "a public key must be base64url without padding");
    return from(*raw);
}

bool PublicKey::verify(std::string_view message, const Signature& signature) const {
    return crypto_sign_verify_detached(signature.bytes.data(), unsigned_bytes(message), message.size(),
                                       bytes_.data()) == 0;
}

std::string PublicKey::base64url() const { return crypto::base64url(raw()); }

std::string PublicKey::jwk() const {
    return R"({"alg":"EdDSA","crv":"Ed25519","kid":")" + id_.text + R"(","kty":"OKP","use":"sig","x":")" + base64url() +
           R"("})";
}

// The secret half lies in memory of its own between guard pages.
struct SigningKey::Impl {
    explicit Impl(PublicKey p, unsigned char* s) : public_key(std::move(p)), secret(s) {}
    ~Impl() { sodium_free(secret); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    PublicKey public_key;
    unsigned char* secret;  // crypto_sign_SECRETKEYBYTES
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::generate(Random& random) {
    std::string seed = random.bytes(kSeedBytes);
    auto key = from_seed(seed);
    wipe(seed);
    IDUN_CHECK(key.has_value());
    return std::move(*key);
}

Result<SigningKey> SigningKey::from_seed(std::string_view seed) {
    IDUN_CHECK(sodium_init() >= 0);
    if (seed.size() != kSeedBytes) return fail(Category::invalid, "an Ed25519 seed has 32 bytes");
    std::array<unsigned char, kPublicKeyBytes> raw;
    auto* secret = static_cast<unsigned char*>(sodium_malloc(crypto_sign_SECRETKEYBYTES));
    if (secret == nullptr) return fail(Category::unavailable, "no memory for a secret");
    crypto_sign_seed_keypair(raw.data(), secret, unsigned_bytes(seed));
    auto public_key = PublicKey::from({reinterpret_cast<const char*>(raw.data()), raw.size()});
    IDUN_CHECK(public_key.has_value());
    return SigningKey(std::make_unique<Impl>(std::move(*public_key), secret));
}

Result<SigningKey> SigningKey::load_or_create(const std::string& path, Random& random) {
    TRY_ASSIGN(std::string seed, load_or_create_secret(path, kFileLabel, random));
    auto key = from_seed(seed);
    wipe(seed);
    return key;
}

Signature SigningKey::sign(std::string_view message) const {
    Signature out;
    crypto_sign_detached(out.bytes.data(), nullptr, unsigned_bytes(message), message.size(), impl_->secret);
    return out;
}

const PublicKey& SigningKey::public_key() const { return impl_->public_key; }

}  // namespace idun::crypto
