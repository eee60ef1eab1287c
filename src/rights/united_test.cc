#include "rights/united.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::rights;

namespace {

constexpr Instant kThen{1'795'428'000'000};

PersonFacts with_block(std::uint64_t number, const std::string& id) {
    PersonFacts out;
    out.number = number;
    out.blocks.push_back({.fact_id = id, .scope = {.provider_id = "SE1"}, .from = kThen});
    return out;
}

}  // namespace

TEST_CASE("what closes under one number closes under all") {
    const PersonFacts plain;
    PersonFacts closed = with_block(7, "b2");
    closed.opted_out = true;
    PersonFacts other = with_block(9, "b1");
    other.protected_identity = true;
    for (const auto& both : {std::vector{closed, other, plain}, std::vector{plain, other, closed}}) {
        const auto all = united(both);
        REQUIRE(all);
        CHECK(all->number == 9);
        CHECK(all->opted_out);
        CHECK(all->protected_identity);
        CHECK(!all->secondary_opted_out);
        REQUIRE(all->blocks.size() == 2);
        CHECK(all->blocks[0].fact_id == "b1");  // as ordered as one person's
        CHECK(decode_person_facts(encode(*all)) == *all);
    }
    CHECK(united({})->plain());
    CHECK(*united({{closed}}) == closed);
}

TEST_CASE("more than one person may have is refused") {
    PersonFacts many;
    for (std::size_t i = 0; i < kLiftsMax; ++i) many.lifts.push_back({.fact_id = "l" + std::to_string(1000 + i), .provider_id = "SE2", .from = kThen, .to = kThen});
    PersonFacts one;
    one.lifts.push_back({.fact_id = "x", .provider_id = "SE2", .from = kThen, .to = kThen});
    CHECK(united({{many, PersonFacts()}}));
    CHECK(united({{many, one}}).error().category == Category::too_large);
}
