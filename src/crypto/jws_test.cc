#include "crypto/jws.h"

#include <doctest/doctest.h>

#include "crypto/encoding.h"

using namespace idun;
using namespace idun::crypto;

namespace {

struct World {
    SigningKey key = *SigningKey::from_seed(std::string(32, 's'));
    SigningKey stranger = *SigningKey::from_seed(std::string(32, 't'));
    KeySet keys{key.public_key()};

    // A token with any header, rightly signed.
    std::string with_header(const std::string& header, const std::string& payload = "{}") const {
        const std::string input = base64url(header) + "." + base64url(payload);
        return input + "." + base64url(key.sign(input).view());
    }
};

}  // namespace

TEST_CASE("a token that was signed verifies") {
    const World w;
    const std::string token = sign_jws(w.key, "idun-x+jwt", R"({"a":1})");
    const auto read = verify_jws(token, w.keys, "idun-x+jwt");
    REQUIRE(read);
    CHECK(read->payload == R"({"a":1})");
    CHECK(read->key == w.key.id());
}

TEST_CASE("the right key is found among several") {
    const World w;
    KeySet keys = w.keys;
    keys.add(w.stranger.public_key());
    keys.add(w.stranger.public_key());
    CHECK(keys.keys().size() == 2);
    CHECK(verify_jws(sign_jws(w.stranger, "t", "{}"), keys, "t")->key == w.stranger.id());
}

TEST_CASE("forged and confused tokens are refused") {
    const World w;
    const std::string kid = w.key.id().text;
    const std::string good = sign_jws(w.key, "t", "{}");
    const std::string header = R"("alg":"EdDSA","kid":")" + kid + R"(","typ":"t")";
    REQUIRE(verify_jws(w.with_header("{" + header + "}"), w.keys, "t"));
    REQUIRE(verify_jws(w.with_header(" { \"typ\" :\t\"t\",\n\"kid\":\"" + kid + R"(", "alg":"EdDSA"} )"), w.keys, "t"));
    struct Row {
        const char* what;
        std::string token;
        const char* message;
    };
    const std::string parts[] = {good.substr(0, good.find('.')),
                                 good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1),
                                 good.substr(good.rfind('.') + 1)};
    for (const Row& row :
         {Row{"other type", sign_jws(w.key, "u", "{}"), "type is not t"},
          Row{"unknown key", sign_jws(w.stranger, "t", "{}"), "unknown key"},
          Row{"alg none", w.with_header(R"({"alg":"none","kid":")" + kid + R"(","typ":"t"})"),
              "algorithm is not EdDSA"},
          Row{"alg none unsigned", base64url(R"({"alg":"none","kid":")" + kid + R"(","typ":"t"})") + ".e30.",
              "algorithm is not EdDSA"},
          Row{"RFC 7515 A.5", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ.", "header must hold"},
          Row{"HS256 with the public key", w.with_header(R"({"alg":"HS256","kid":")" + kid + R"(","typ":"t"})"),
              "algorithm is not EdDSA"},
          Row{"lower-case alg", w.with_header(R"({"alg":"eddsa","kid":")" + kid + R"(","typ":"t"})"),
              "algorithm is not EdDSA"},
          Row{"no typ", w.with_header(R"({"alg":"EdDSA","kid":")" + kid + R"("})"), "header must hold"},
          Row{"no kid", w.with_header(R"({"alg":"EdDSA","typ":"t"})"), "header must hold"},
          Row{"crit", w.with_header("{" + header + R"(,"crit":["exp"]})"), "header must hold"},
          Row{"jwk", w.with_header("{" + header + R"(,"jwk":{}})"), "header must hold"},
          Row{"jku", w.with_header("{" + header + R"(,"jku":"https://x"})"), "header must hold"},
          Row{"b64", w.with_header("{" + header + R"(,"b64":false})"), "header must hold"},
          Row{"alg twice", w.with_header(R"({"alg":"EdDSA","alg":"none","typ":"t"})"), "header must hold"},
          Row{"alg not text", w.with_header(R"({"alg":1,"kid":"x","typ":"t"})"), "header must hold"},
          Row{"escape", w.with_header(R"({"alg":"\u0045dDSA","kid":")" + kid + R"(","typ":"t"})"), "header must hold"},
          Row{"empty", w.with_header(""), "header must hold"},
          Row{"array", w.with_header("[]"), "header must hold"},
          Row{"trailing", w.with_header("{" + header + "}x"), "header must hold"},
          Row{"trailing comma", w.with_header("{" + header + ",}"), "header must hold"},
          Row{"two parts", parts[0] + "." + parts[1], "three parts"},
          Row{"four parts", good + ".", "three parts"},
          Row{"nothing", "", "three parts"},
          Row{"other payload", parts[0] + "." + base64url("{ }") + "." + parts[2], "signature does not hold"},
          Row{"no signature", parts[0] + "." + parts[1] + ".", "signature does not hold"},
          Row{"short signature", parts[0] + "." + parts[1] + "." + parts[2].substr(4), "signature does not hold"},
          Row{"padded", good + "==", "signature is not base64url"},
          Row{"white space", " " + good, "header is not base64url"}}) {
        const auto read = verify_jws(row.token, w.keys, "t");
        REQUIRE_MESSAGE(!read, row.what);
        CHECK(read.error().category == Category::unauthorized);
        CHECK_MESSAGE(read.error().message.find(row.message) != std::string::npos,
                      row.what << ": " << read.error().message);
    }
}

TEST_CASE("every changed character of a token is noticed") {
    const World w;
    const std::string good = sign_jws(w.key, "t", R"({"sub":"a"})");
    for (std::size_t i = 0; i < good.size(); ++i)
        for (const char c : {'A', 'b', '_', '.', '='}) {
            if (good[i] == c) continue;
            std::string bad = good;
            bad[i] = c;
            CHECK_MESSAGE(!verify_jws(bad, w.keys, "t"), i << c);
        }
}

TEST_CASE("tokens are bounded") {
    const World w;
    const std::string big = sign_jws(w.key, "t", std::string(kJwsBytesMax, ' '));
    CHECK(verify_jws(big, w.keys, "t").error().category == Category::too_large);
    CHECK(verify_jws(big, w.keys, "t", 1u << 20));
}
