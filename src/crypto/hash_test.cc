#include "crypto/hash.h"

#include <doctest/doctest.h>

#include "crypto/encoding.h"

using namespace idun::crypto;

TEST_CASE("SHA-256 gives the values of FIPS 180-4") {
    struct Row {
        std::string data;
        const char* expected;
    };
    for (const Row& row :
         {Row{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
          Row{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
          Row{std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}}) {
        CHECK(hex(sha256(row.data).view()) == row.expected);
        Sha256 stream;
        for (std::size_t i = 0; i < row.data.size(); i += 999) stream.add(std::string_view(row.data).substr(i, 999));
        CHECK(hex(stream.finish().view()) == row.expected);
    }
    CHECK(sha256({"a", "", "bc"}) == sha256("abc"));
}

TEST_CASE("a stream starts anew after finish") {
    Sha256 stream;
    stream.add("x");
    stream.finish();
    stream.add("abc");
    CHECK(stream.finish() == sha256("abc"));
}

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231") {
    struct Row {
        std::string key, data;
        const char* expected;
    };
    for (const Row& row :
         {Row{std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
          Row{"Jefe", "what do ya want for nothing?",
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
          Row{std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"}}) {
        const HmacKey key(row.key);
        CHECK(hex(key.mac(row.data).view()) == row.expected);
        CHECK(key.mac({row.data.substr(0, 3), row.data.substr(3)}) == key.mac(row.data));
    }
}

TEST_CASE("HMAC gives the value of RFC 7515 A.1") {
    const HmacKey key(
        *from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
    CHECK(base64url(
              key.mac("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")
                  .view()) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST_CASE("hashes come from 32 bytes only") {
    CHECK(Hash::from(std::string(32, 'x')));
    for (const std::size_t n : {0, 31, 33}) CHECK(!Hash::from(std::string(n, 'x')));
}

TEST_CASE("comparison in constant time compares") {
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK(equal_in_constant_time("", ""));
    CHECK(!equal_in_constant_time("abc", "abd"));
    CHECK(!equal_in_constant_time("abc", "ab"));
}
