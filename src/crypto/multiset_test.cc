#include "crypto/multiset.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/encoding.h"

using namespace idun::crypto;

namespace {

MultisetKey counting_key() {
    std::string raw;
    for (char i = 0; i < 16; ++i) raw += i;
    return *MultisetKey::from(raw);
}

}  // namespace

TEST_CASE("a multiset's sum is that of SipHash-2-4-128, and of its order knows nothing") {
    // The first vectors of the reference implementation (vectors_sip128): inputs "", 00, 00 01, …
    MultisetHash one;
    one.add(counting_key(), "");
    CHECK(hex(one.raw()) == "a3817f04ba25a8e66df67214c7550293");
    MultisetHash two;
    two.add(counting_key(), std::string(1, '\0'));
    CHECK(hex(two.raw()) == "da87c1d86b99af44347659119b22fc45");

    MultisetHash both;
    both.add(two);
    both.add(one);
    one.add(counting_key(), std::string(1, '\0'));
    CHECK(both == one);
    CHECK(both == *MultisetHash::from(both.raw()));
}

TEST_CASE("an item more, less, twice or another key is another sum") {
    const auto sum = [](const MultisetKey& key, const std::vector<std::string>& items) {
        MultisetHash out;
        for (const std::string& item : items) out.add(key, item);
        return out;
    };
    const MultisetKey key = counting_key();
    const auto whole = sum(key, {"a", "b", "c"});
    CHECK(whole == sum(key, {"c", "a", "b"}));
    for (const auto& other : {std::vector<std::string>{"a", "b"}, {"a", "b", "c", "c"}, {"a", "b", "d"}, {"ab", "c"}, {}})
        CHECK(!(whole == sum(key, other)));
    MultisetKey another = key;
    another.bytes[0] ^= 1;
    CHECK(!(whole == sum(another, {"a", "b", "c"})));
    CHECK(!MultisetKey::from("short"));
    CHECK(!MultisetHash::from(std::string(17, 'x')));
}
