#include "crypto/hash.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <cstring>

#include "base/result.h"

namespace idun::crypto {
namespace {

// Fetched once: looking the algorithm up each time costs more than hashing a short text.
const EVP_MD* sha256_md() {
    static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    IDUN_CHECK(md != nullptr);
    return md;
}

struct Context {
    Context() : native(EVP_MD_CTX_new()) { IDUN_CHECK(native != nullptr); }
    ~Context() { EVP_MD_CTX_free(native); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    void start() { IDUN_CHECK(EVP_DigestInit_ex2(native, sha256_md(), nullptr) == 1); }
    void add(std::string_view data) { IDUN_CHECK(EVP_DigestUpdate(native, data.data(), data.size()) == 1); }
    Hash finish() {
        Hash out;
        IDUN_CHECK(EVP_DigestFinal_ex(native, out.bytes.data(), nullptr) == 1);
        return out;
    }

    EVP_MD_CTX* native;
};

Context& context_of_this_thread() {
    thread_local Context context;
    return context;
}

const unsigned char* unsigned_bytes(std::string_view data) {
    return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

std::optional<Hash> Hash::from(std::string_view raw) {
    if (raw.size() != kHashBytes) return std::nullopt;
    Hash out;
    std::memcpy(out.bytes.data(), raw.data(), kHashBytes);
    return out;
}

Hash sha256(std::string_view data) { return sha256({data}); }

Hash sha256(std::initializer_list<std::string_view> parts) {
    Context& context = context_of_this_thread();
    context.start();
    for (const std::string_view part : parts) context.add(part);
    return context.finish();
}

struct Sha256::Impl {
    Context context;
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) { impl_->context.start(); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view data) { impl_->context.add(data); }

Hash Sha256::finish() {
    const Hash out = impl_->context.finish();
    impl_->context.start();
    return out;
}

// The state after the key's block. Copying it is thread-safe and needs no allocation.
struct HmacKey::Impl {
    crypto_auth_hmacsha256_state state;
    ~Impl() { sodium_memzero(&state, sizeof state); }
};

HmacKey::HmacKey(std::string_view key) : impl_(std::make_unique<Impl>()) {
    IDUN_CHECK(sodium_init() >= 0);
    crypto_auth_hmacsha256_init(&impl_->state, unsigned_bytes(key), key.size());
}
HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

Hash HmacKey::mac(std::string_view data) const { return mac({data}); }

Hash HmacKey::mac(std::initializer_list<std::string_view> parts) const {
    crypto_auth_hmacsha256_state state = impl_->state;
    for (const std::string_view part : parts) crypto_auth_hmacsha256_update(&state, unsigned_bytes(part), part.size());
    Hash out;
    crypto_auth_hmacsha256_final(&state, out.bytes.data());
    sodium_memzero(&state, sizeof state);
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace idun::crypto
