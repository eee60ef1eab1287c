#include "exchange/internal/lately.h"

#include <doctest/doctest.h>

#include <memory>

using namespace idun;
using namespace idun::exchange;

namespace {

using Read = Lately<std::shared_ptr<const int>>;  // null: nothing stands there

crypto::Pseudonym somebody(std::uint8_t number) {
    crypto::Pseudonym out;
    out.bytes.fill(number);
    return out;
}

std::shared_ptr<const int> seven() { return std::make_shared<const int>(7); }

}  // namespace

TEST_CASE("what was read is remembered, also that there is nothing") {
    Read lately(16);
    CHECK(!lately.find(somebody(1)));
    lately.keep(somebody(1), seven(), lately.moment());
    lately.keep(somebody(2), nullptr, lately.moment());
    CHECK(**lately.find(somebody(1)) == 7);
    CHECK(*lately.find(somebody(2)) == nullptr);
    CHECK(!lately.find(somebody(0)));  // a place that nobody took says nothing, also about the pseudonym of zeroes
}

TEST_CASE("a change takes its person out, and what was read before it is not kept") {
    Read lately(16);
    lately.keep(somebody(1), nullptr, lately.moment());
    lately.keep(somebody(2), nullptr, lately.moment());
    const auto before = lately.moment();
    lately.changed(somebody(1));
    CHECK(!lately.find(somebody(1)));
    CHECK(lately.find(somebody(2)));
    lately.keep(somebody(1), nullptr, before);
    CHECK(!lately.find(somebody(1)));
    lately.keep(somebody(1), seven(), lately.moment());
    CHECK(**lately.find(somebody(1)) == 7);
}

TEST_CASE("who has the same place drives out, and is never taken for the other") {
    Read lately(1);
    lately.keep(somebody(1), seven(), lately.moment());
    CHECK(!lately.find(somebody(2)));
    lately.changed(somebody(2));  // not her place
    CHECK(lately.find(somebody(1)));
    lately.keep(somebody(2), nullptr, lately.moment());
    CHECK(!lately.find(somebody(1)));
    CHECK(lately.find(somebody(2)));
}
