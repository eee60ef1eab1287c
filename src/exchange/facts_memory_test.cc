#include "exchange/internal/facts_memory.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::exchange;

namespace {

crypto::Pseudonym somebody(std::uint8_t number) {
    crypto::Pseudonym out;
    out.bytes.fill(number);
    return out;
}

FactsMemory::Facts opted_out() { return std::make_shared<const rights::PersonFacts>(rights::PersonFacts{.number = 1, .opted_out = true}); }

}  // namespace

TEST_CASE("what was read is remembered, also that there is nothing") {
    FactsMemory memory(16);
    CHECK(!memory.find(somebody(1)));
    memory.keep(somebody(1), opted_out(), memory.moment());
    memory.keep(somebody(2), nullptr, memory.moment());
    CHECK((*memory.find(somebody(1)))->opted_out);
    CHECK(*memory.find(somebody(2)) == nullptr);
    CHECK(!memory.find(somebody(0)));  // a place that nobody took says nothing, also about the pseudonym of zeroes
}

TEST_CASE("a change takes its person out, and what was read before it is not kept") {
    FactsMemory memory(16);
    memory.keep(somebody(1), nullptr, memory.moment());
    memory.keep(somebody(2), nullptr, memory.moment());
    const auto before = memory.moment();
    memory.changed(somebody(1));
    CHECK(!memory.find(somebody(1)));
    CHECK(memory.find(somebody(2)));
    memory.keep(somebody(1), nullptr, before);
    CHECK(!memory.find(somebody(1)));
    memory.keep(somebody(1), opted_out(), memory.moment());
    CHECK((*memory.find(somebody(1)))->opted_out);
}

TEST_CASE("who has the same place drives out, and is never taken for the other") {
    FactsMemory memory(1);
    memory.keep(somebody(1), opted_out(), memory.moment());
    CHECK(!memory.find(somebody(2)));
    memory.changed(somebody(2));  // not her place
    CHECK(memory.find(somebody(1)));
    memory.keep(somebody(2), nullptr, memory.moment());
    CHECK(!memory.find(somebody(1)));
    CHECK(memory.find(somebody(2)));
}
