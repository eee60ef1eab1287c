// How a node proves to the hub which provider it is: a JWT it signs itself (RFC 7523 §2.2, SMART backend
// services), checked against the keys that the hub has registered for that provider.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"

namespace idun::trust {

inline constexpr std::string_view kAssertionType = "idun-node+jwt";
inline constexpr std::chrono::milliseconds kAssertionLifetimeMax{300'000};

struct Assertion {
    std::string provider_id;  // iss and sub
    std::string audience;     // the hub
    std::string id;
    Instant issued;
    Instant expires;
    friend bool operator==(const Assertion&, const Assertion&) = default;
};

// Signed now, valid for `lifetime`.
Result<std::string> sign_assertion(const crypto::SigningKey& key, std::string_view provider_id,
                                   std::string_view audience, Instant now, Random& random,
                                   std::chrono::milliseconds lifetime = std::chrono::milliseconds(60'000));

// Which keys speak for which provider. Reading is thread-safe.
class ProviderKeys {
public:
    // `conflict` when the key speaks for another provider already.
    Status add(std::string_view provider_id, const crypto::PublicKey& key);
    const crypto::KeySet& all() const { return all_; }
    std::vector<std::string> providers() const;  // each once, sorted
    // Empty when the key is unknown.
    std::string_view provider_of(const crypto::KeyId& key) const;
    crypto::KeySet keys_of(std::string_view provider_id) const;

private:
    crypto::KeySet all_;
    std::map<std::string, std::string, std::less<>> provider_by_key_;
};

// `unauthorized`, naming the check that failed; among them: the key is not the provider's.
Result<Assertion> verify_assertion(std::string_view token, const ProviderKeys& keys, std::string_view audience,
                                   Instant now, std::chrono::milliseconds skew = std::chrono::milliseconds(5'000));

}  // namespace idun::trust
