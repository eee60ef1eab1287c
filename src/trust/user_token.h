// Access tokens of people and systems towards the hub and the nodes (RFC 9068, "at+jwt"). The demonstration
// issuer signs them itself; a real one is the nation's OpenID provider, with the same claims.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/pseudonym.h"
#include "trust/role.h"
#include "trust/token_use.h"

namespace idun::trust {

inline constexpr std::string_view kUserTokenType = "at+jwt";
inline constexpr std::chrono::milliseconds kUserTokenLifetimeMax{12 * 3'600'000};

struct UserToken {
    std::string issuer;
    std::string audience;
    std::string subject;  // user id
    std::string name;     // may be empty
    Role role = Role::clinician;
    std::string provider_id;                  // required of clinicians, administrators and systems
    std::string unit_id;                      // may be empty
    std::string assurance;                    // may be empty
    std::string task = {};                    // profession or task, as in Requester; may be empty
    std::optional<crypto::Pseudonym> person;  // who she is as a person: required of patients and representatives
    TokenUse use = {};
    Instant issued;
    Instant expires;
    friend bool operator==(const UserToken&, const UserToken&) = default;
};

Result<std::string> sign_user_token(const crypto::SigningKey& key, const UserToken& token);

struct UserTokenCheck {
    std::string_view issuer;
    std::string_view audience;
    Instant now;
    std::chrono::milliseconds skew{5'000};
};
// `unauthorized`, naming the check that failed.
Result<UserToken> verify_user_token(std::string_view token, const crypto::KeySet& keys, const UserTokenCheck& check);

}  // namespace idun::trust
