#include "crypto/oprf.h"

#include <doctest/doctest.h>

#include <string>

#include "base/random.h"
#include "crypto/encoding.h"

using namespace idun;
using namespace idun::crypto;

namespace {

std::string bytes_of(std::string_view text) { return *from_hex(text); }
std::string text_of(const OprfElement& element) {
    return hex({reinterpret_cast<const char*>(element.data()), element.size()});
}
OprfElement element_from(std::string_view text) {
    const std::string raw = bytes_of(text);
    OprfElement out;
    std::copy(raw.begin(), raw.end(), out.begin());
    return out;
}

}  // namespace

TEST_CASE("the vectors of RFC 9497 appendix A.1.1 (ristretto255-SHA512, mode OPRF)") {
    const auto key = OprfKey::derive(std::string(32, '\xa3'), "test key");
    REQUIRE(key);
    struct Row {
        std::string input;
        const char* blinded;
        const char* evaluated;
        const char* output;
    };
    const Row rows[] = {
        {std::string(1, '\0'), "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
         "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
         "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8"
         "aa7d0b5e24bcf6"},
        {std::string(17, '\x5a'), "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
         "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
         "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306"
         "d18951e7cf2c73"}};
    for (const Row& row : rows) {
        const auto asked = oprf_blind_with(row.input, bytes_of("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"));
        REQUIRE(asked);
        CHECK(text_of(asked->element) == row.blinded);
        const auto answer = key->evaluate(asked->element);
        REQUIRE(answer);
        CHECK(text_of(*answer) == row.evaluated);
        CHECK(hex(*oprf_finalize(row.input, *asked, *answer)) == row.output);
        CHECK(hex(*key->of(row.input)) == row.output);
    }
    const auto known = OprfKey::from(bytes_of("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"));
    REQUIRE(known);
    CHECK(*known->of("x") == *key->of("x"));
}

TEST_CASE("whatever the blind, the output is the same, and what is sent is not") {
    const auto key = *OprfKey::derive(system_random().bytes(32), "");
    const auto other = *OprfKey::derive(system_random().bytes(32), "");
    const auto one = *oprf_blind("19121212+1212", system_random());
    const auto two = *oprf_blind("19121212+1212", system_random());
    CHECK(one.element != two.element);
    const auto output = oprf_finalize("19121212+1212", one, *key.evaluate(one.element));
    CHECK(*output == *oprf_finalize("19121212+1212", two, *key.evaluate(two.element)));
    CHECK(*output == *key.of("19121212+1212"));
    CHECK(*output != *other.of("19121212+1212"));
    CHECK(*output != *oprf_finalize("19121212+1212", one, *key.evaluate(two.element)));
}

TEST_CASE("what is no element or scalar is refused") {
    const auto key = *OprfKey::derive(std::string(32, 'k'), "");
    const auto asked = *oprf_blind("x", system_random());
    for (const char* bad : {"0000000000000000000000000000000000000000000000000000000000000000",    // the identity
                            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",    // not canonical
                            "0100000000000000000000000000000000000000000000000000000000000000",    // negative
                            "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"}) {  // not a square
        CAPTURE(bad);
        CHECK(key.evaluate(element_from(bad)).error().category == Category::invalid);
        CHECK(oprf_finalize("x", asked, element_from(bad)).error().category == Category::invalid);
    }
    CHECK(!OprfKey::from(std::string(32, '\0')));
    CHECK(!OprfKey::from(bytes_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")));  // the order
    CHECK(OprfKey::from(bytes_of("ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")));
    CHECK(!OprfKey::from("short"));
    CHECK(!OprfKey::derive("short", ""));
    CHECK(!oprf_blind(std::string(kOprfInputBytesMax + 1, 'x'), system_random()));
    CHECK(!key.of(std::string(kOprfInputBytesMax + 1, 'x')));
}
