// User tokens, assertions and key sets.
#include <doctest/doctest.h>

#include "trust/assertion.h"
#include "trust/keyring.h"
#include "trust/user_token.h"

using namespace idun;
using namespace idun::trust;

namespace {

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::SigningKey other = *crypto::SigningKey::from_seed(std::string(32, 't'));
    crypto::KeySet keys{key.public_key()};
    Instant now = *from_iso("2026-11-23T10:00:00Z");

    UserToken clinician() const {
        UserToken t;
        t.issuer = "demo";
        t.audience = "hub";
        t.subject = "u1";
        t.name = "Anna Ek";
        t.role = Role::clinician;
        t.provider_id = "SE1";
        t.unit_id = "SE1-E1";
        t.assurance = "loa3";
        t.issued = now;
        t.expires = now + std::chrono::hours(1);
        return t;
    }
    Result<UserToken> verify(const std::string& token, Instant at) const {
        return verify_user_token(token, keys, {.issuer = "demo", .audience = "hub", .now = at});
    }
};

}  // namespace

TEST_CASE("roles have one text each") {
    for (const char* text : {"clinician", "patient", "representative", "system", "administrator", "supervisor"})
        CHECK(to_string(role_from(text).value()) == text);
    for (const char* text : {"", "Clinician", "root"}) CHECK(!role_from(text));
}

TEST_CASE("a user token says afterwards what was signed") {
    const World w;
    UserToken t = w.clinician();
    CHECK(w.verify(*sign_user_token(w.key, t), w.now).value() == t);
    t = UserToken{.issuer = "demo",
                  .audience = "hub",
                  .subject = "p1",
                  .name = "",
                  .role = Role::patient,
                  .provider_id = "",
                  .unit_id = "",
                  .assurance = "",
                  .person = crypto::Pseudonym::from(std::string(16, 'p')),
                  .issued = w.now,
                  .expires = w.now + std::chrono::hours(12)};
    CHECK(w.verify(*sign_user_token(w.key, t), w.now).value() == t);
}

TEST_CASE("a user token may say which one it is, to which program it was given, and who uses it") {
    const World w;
    UserToken t = w.clinician();
    t.use = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "journal", "ehr-1", "Journal North"};
    CHECK(w.verify(*sign_user_token(w.key, t), w.now).value() == t);
    t.use.actor_name.clear();
    CHECK(w.verify(*sign_user_token(w.key, t), w.now).value() == t);
    t.use = {"", "", "", "nobody's name"};
    CHECK(!sign_user_token(w.key, t));
    t.use = {std::string(257, 'x'), "", "", ""};
    CHECK(!sign_user_token(w.key, t));
    for (const auto& [claims, wrong] : std::vector<std::pair<std::string, std::string>>{
             {R"("jti":"","client_id":"c")", "token: jti must be a text of 1 to 256 bytes"},
             {R"("jti":7)", "token: jti must be a text of 1 to 256 bytes"},
             {R"("act":"ehr-1")", "token: act must be an object"},
             {R"("act":{"name":"x"})", "token: sub must be a text of 1 to 256 bytes"},
             {R"("act":{"sub":"a","act":{"sub":"b"}})", "token: holds a claim that is not known"}}) {
        CAPTURE(claims);
        const auto read = w.verify(
            crypto::sign_jws(w.key, kUserTokenType,
                             R"({"iss":"demo","aud":"hub","sub":"u1","role":"supervisor","iat":1795428000,"exp":1795431600,)" + claims + "}"),
            w.now);
        REQUIRE(!read);
        CHECK(read.error().message == wrong);
    }
}

TEST_CASE("wrong user tokens are refused") {
    const World w;
    const UserToken t = w.clinician();
    const std::string good = *sign_user_token(w.key, t);
    const auto message = [](const auto& result) { return result ? std::string("accepted") : result.error().message; };
    CHECK(message(w.verify(good, w.now + std::chrono::hours(2))) == "token: expired");
    CHECK(message(w.verify(good, w.now - std::chrono::hours(2))) == "token: not yet valid");
    CHECK(message(w.verify(*sign_user_token(w.other, t), w.now)) == "token: unknown key");
    CHECK(message(verify_user_token(good, w.keys, {.issuer = "other", .audience = "hub", .now = w.now})) ==
          "token: is from another issuer");
    CHECK(message(verify_user_token(good, w.keys, {.issuer = "demo", .audience = "node", .now = w.now})) ==
          "token: is for another audience");
    const auto payload = [&](const char* json) {
        return message(w.verify(crypto::sign_jws(w.key, kUserTokenType, json), w.now));
    };
    const std::string times = R"("iat":1795428000,"exp":1795431600})";
    CHECK(payload((R"({"iss":"demo","aud":"hub","sub":"p1","role":"patient",)" + times).c_str()) ==
          "token: this role needs a person");
    CHECK(payload((R"({"iss":"demo","aud":"hub","sub":"u1","role":"clinician",)" + times).c_str()) ==
          "token: this role needs a provider");
    CHECK(payload((R"({"iss":"demo","aud":"hub","sub":"u1","role":"supervisor","person":"x",)" + times).c_str()) ==
          "token: person is not a pseudonym");
    CHECK(payload((R"({"iss":"demo","aud":"hub","sub":"u1","role":"supervisor","groups":[],)" + times).c_str()) ==
          "token: holds a claim that is not known");
    CHECK(payload((R"({"iss":"demo","aud":"hub","sub":"u1","role":"supervisor",)" + times).c_str()) == "accepted");
    CHECK(payload(R"({"iss":"demo","aud":"hub","sub":"u1","role":"supervisor","iat":1795428000,"exp":1795471201})") ==
          "token: lives longer than 43200 s");
    UserToken bad = t;
    bad.provider_id.clear();
    CHECK(!sign_user_token(w.key, bad));
    bad = t;
    bad.expires = bad.issued + std::chrono::hours(13);
    CHECK(!sign_user_token(w.key, bad));
}

TEST_CASE("a node proves which provider it is") {
    const World w;
    ProviderKeys keys;
    REQUIRE(keys.add("SE1", w.key.public_key()));
    REQUIRE(keys.add("SE1", w.key.public_key()));
    REQUIRE(keys.add("SE2", w.other.public_key()));
    CHECK(keys.add("SE2", w.key.public_key()).error().category == Category::conflict);

    const std::string good = *sign_assertion(w.key, "SE1", "hub", w.now, system_random());
    const auto read = verify_assertion(good, keys, "hub", w.now);
    REQUIRE(read);
    CHECK(read->provider_id == "SE1");
    CHECK(read->expires - read->issued == std::chrono::seconds(60));

    const auto message = [](const auto& result) { return result ? std::string("accepted") : result.error().message; };
    CHECK(message(verify_assertion(good, keys, "node", w.now)) == "token: is for another audience");
    CHECK(message(verify_assertion(good, keys, "hub", w.now + std::chrono::seconds(66))) == "token: expired");
    CHECK(message(verify_assertion(*sign_assertion(w.other, "SE1", "hub", w.now, system_random()), keys, "hub",
                                   w.now)) == "token: key is not the provider's");
    const auto stranger = crypto::SigningKey::generate(system_random());
    CHECK(message(verify_assertion(*sign_assertion(stranger, "SE1", "hub", w.now, system_random()), keys, "hub",
                                   w.now)) == "token: unknown key");
    CHECK(message(verify_assertion(
              crypto::sign_jws(w.key, kAssertionType,
                               R"({"iss":"SE1","sub":"SE2","aud":"hub","jti":"x","iat":1795428000,"exp":1795428060})"),
              keys, "hub", w.now)) == "token: iss and sub must be the same provider");
    CHECK(!sign_assertion(w.key, "SE1", "hub", w.now, system_random(), std::chrono::seconds(301)));
    CHECK(!sign_assertion(w.key, "", "hub", w.now, system_random()));
    // A user token of the same key does not pass for an assertion.
    CHECK(message(verify_assertion(*sign_user_token(w.key, w.clinician()), keys, "hub", w.now)) ==
          "token: type is not idun-node+jwt");
}

TEST_CASE("key sets come back") {
    const World w;
    crypto::KeySet keys = w.keys;
    keys.add(w.other.public_key());
    CHECK(from_jwks(to_jwks(keys)).value().keys() == keys.keys());
    CHECK(from_jwks(R"({"keys":[]})").value().empty());
    // RFC 8037 A.2, and keys that are not ours to use.
    const auto read = from_jwks(R"({"keys":[{"kty":"RSA","n":"x","e":"AQAB"},{"kty":"EC","crv":"P-256"},
        {"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"},
        {"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","extra":1}]})");
    REQUIRE(read);
    REQUIRE(read->keys().size() == 1);
    CHECK(read->keys()[0].id().text == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("malformed key sets are refused") {
    for (const char* text :
         {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[{"kty":"OKP","crv":"Ed25519"}]})",
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]})",
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"1"}]})",
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"x"}]})"})
        CHECK_MESSAGE(!from_jwks(text), text);
    std::string many = R"({"keys":[{})";
    for (int i = 0; i < 64; ++i) many += ",{}";
    CHECK(from_jwks(many + "]}").error().category == Category::too_large);
}
