#include "trust/assertion.h"

#include <set>

#include "crypto/encoding.h"
#include "json/writer.h"
#include "trust/internal/claims.h"

namespace idun::trust {
namespace {

constexpr std::string_view kClaims[] = {"iss", "sub", "aud", "jti", "iat", "exp"};

Result<Assertion> read_assertion(std::string_view payload) {
    TRY_ASSIGN(const Claims claims, Claims::parse(payload, kClaims));
    Assertion out;
    TRY_ASSIGN(out.provider_id, claims.text("iss"));
    TRY_ASSIGN(const std::string subject, claims.text("sub"));
    if (subject != out.provider_id) return refuse("iss and sub must be the same provider");
    TRY_ASSIGN(out.audience, claims.text("aud"));
    TRY_ASSIGN(out.id, claims.text("jti"));
    TRY_ASSIGN(out.issued, claims.time("iat"));
    TRY_ASSIGN(out.expires, claims.time("exp"));
    return out;
}

}  // namespace

Result<std::string> sign_assertion(const crypto::SigningKey& key, std::string_view provider_id,
                                   std::string_view audience, Instant now, Random& random,
                                   std::chrono::milliseconds lifetime) {
    TRY(check_text("provider", provider_id));
    TRY(check_text("audience", audience));
    TRY(check_lifetime({now, now + lifetime}, kAssertionLifetimeMax));
    json::Writer w;
    w.object()
        .member("iss", std::string(provider_id))
        .member("sub", std::string(provider_id))
        .member("aud", std::string(audience));
    w.member("jti", crypto::base64url(random.bytes(16)));
    w.member("iat", seconds(now)).member("exp", seconds(now + lifetime)).end();
    return crypto::sign_jws(key, kAssertionType, w.take());
}

Status ProviderKeys::add(std::string_view provider_id, const crypto::PublicKey& key) {
    const std::string_view owner = provider_of(key.id());
    if (!owner.empty() && owner != provider_id)
        return fail(Category::conflict, "keys: this key belongs to another provider");
    provider_by_key_.emplace(key.id().text, std::string(provider_id));
    all_.add(key);
    return {};
}

std::string_view ProviderKeys::provider_of(const crypto::KeyId& key) const {
    const auto found = provider_by_key_.find(key.text);
    return found == provider_by_key_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> ProviderKeys::providers() const {
    std::set<std::string> out;
    for (const auto& [key, provider] : provider_by_key_) out.insert(provider);
    return {out.begin(), out.end()};
}

crypto::KeySet ProviderKeys::keys_of(std::string_view provider_id) const {
    crypto::KeySet out;
    for (const crypto::PublicKey& key : all_.keys())
        if (provider_of(key.id()) == provider_id) out.add(key);
    return out;
}

Result<Assertion> verify_assertion(std::string_view token, const ProviderKeys& keys, std::string_view audience,
                                   Instant now, std::chrono::milliseconds skew) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys.all(), kAssertionType));
    TRY_ASSIGN(Assertion out, read_assertion(verified.payload));
    if (keys.provider_of(verified.key) != out.provider_id) return refuse("key is not the provider's");
    if (out.audience != audience) return refuse("is for another audience");
    TRY(check_time({out.issued, out.expires}, now, skew, kAssertionLifetimeMax));
    return out;
}

}  // namespace idun::trust
