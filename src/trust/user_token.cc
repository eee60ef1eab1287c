#include "trust/user_token.h"

#include "trust/internal/token_use_claims.h"

namespace idun::trust {
namespace {

constexpr std::string_view kClaims[] = {"iss",  "aud",       "sub",  "name",   "role", "provider",
                                        "unit", "assurance", "task", "person", "jti",  "client_id", "act", "iat", "exp"};

// Who must have what.
const char* missing(const UserToken& token) {
    const bool staff = token.role == Role::clinician || token.role == Role::administrator || token.role == Role::system;
    const bool person = token.role == Role::patient || token.role == Role::representative;
    if (staff && token.provider_id.empty()) return "this role needs a provider";
    if (person && !token.person) return "this role needs a person";
    return nullptr;
}

Status check_texts(const UserToken& t) {
    TRY(check_text("issuer", t.issuer));
    TRY(check_text("audience", t.audience));
    TRY(check_text("subject", t.subject));
    TRY(check_text("name", t.name, true));
    TRY(check_text("provider", t.provider_id, true));
    TRY(check_text("unit", t.unit_id, true));
    TRY(check_text("assurance", t.assurance, true));
    TRY(check_text("task", t.task, true));
    TRY(check_token_use(t.use));
    if (const char* what = missing(t)) return fail(Category::invalid, std::string("token: ") + what);
    return {};
}

Result<UserToken> read_token(std::string_view payload) {
    TRY_ASSIGN(const Claims claims, Claims::parse(payload, kClaims));
    UserToken out;
    TRY_ASSIGN(out.issuer, claims.text("iss"));
    TRY_ASSIGN(out.audience, claims.text("aud"));
    TRY_ASSIGN(out.subject, claims.text("sub"));
    TRY_ASSIGN(out.name, claims.text_or_empty("name"));
    TRY_ASSIGN(const std::string role_text, claims.text("role"));
    const auto role = role_from(role_text);
    if (!role) return refuse("role is not known");
    out.role = *role;
    TRY_ASSIGN(out.provider_id, claims.text_or_empty("provider"));
    TRY_ASSIGN(out.unit_id, claims.text_or_empty("unit"));
    TRY_ASSIGN(out.assurance, claims.text_or_empty("assurance"));
    TRY_ASSIGN(out.task, claims.text_or_empty("task"));
    TRY_ASSIGN(const std::string person, claims.text_or_empty("person"));
    if (!person.empty()) {
        out.person = crypto::Pseudonym::from_text(person);
        if (!out.person) return refuse("person is not a pseudonym");
    }
    TRY_ASSIGN(out.use, read_token_use(claims, "jti"));
    TRY_ASSIGN(out.issued, claims.time("iat"));
    TRY_ASSIGN(out.expires, claims.time("exp"));
    if (const char* what = missing(out)) return refuse(what);
    return out;
}

}  // namespace

Result<std::string> sign_user_token(const crypto::SigningKey& key, const UserToken& token) {
    TRY(check_texts(token));
    TRY(check_lifetime({token.issued, token.expires}, kUserTokenLifetimeMax));
    json::Writer w;
    w.object().member("iss", token.issuer).member("aud", token.audience).member("sub", token.subject);
    if (!token.name.empty()) w.member("name", token.name);
    w.member("role", std::string(to_string(token.role)));
    if (!token.provider_id.empty()) w.member("provider", token.provider_id);
    if (!token.unit_id.empty()) w.member("unit", token.unit_id);
    if (!token.assurance.empty()) w.member("assurance", token.assurance);
    if (!token.task.empty()) w.member("task", token.task);
    if (token.person) w.member("person", token.person->text());
    write_token_use(w, "jti", token.use);
    w.member("iat", seconds(token.issued)).member("exp", seconds(token.expires)).end();
    return crypto::sign_jws(key, kUserTokenType, w.take());
}

Result<UserToken> verify_user_token(std::string_view token, const crypto::KeySet& keys, const UserTokenCheck& check) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kUserTokenType));
    TRY_ASSIGN(UserToken out, read_token(verified.payload));
    if (out.issuer != check.issuer) return refuse("is from another issuer");
    if (out.audience != check.audience) return refuse("is for another audience");
    TRY(check_time({out.issued, out.expires}, check.now, check.skew, kUserTokenLifetimeMax));
    return out;
}

}  // namespace idun::trust
