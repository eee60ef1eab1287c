// For tests of tables (store/scan_testing.h): rows of each of people's.
#pragma once

#include "people/codes.h"
#include "people/links.h"
#include "people/named_by.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::people {

inline store::RowsInMemory rows_to_damage() {
    const auto of_letter = [](char c) { return *crypto::Pseudonym::from(std::string(16, c)); };
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    const auto links = *Links::open(*temporary.store, clock);
    const auto nothing = [](std::span<const Regrouped>, store::Batch&) {};
    const By provider{By::Who::provider, "SE1"}, operator_{By::Who::the_operator, "op"};
    REQUIRE(links->state({{of_letter('a'), of_letter('b')}, {}, Ground::replaced, Instant{1'700'000'000'000}, "paper"}, provider, nothing));
    REQUIRE(links->state({{of_letter('c'), of_letter('d')}, {}, Ground::record, {}, ""}, provider, nothing));
    REQUIRE(links->mark(of_letter('m'), true, operator_, "two people", nothing));
    REQUIRE(links->alias(std::vector<AliasPair>{{{of_letter('a'), "key-one_"}, {of_letter('A'), "key-two_"}}, {{of_letter('b'), "key-one_"}, {of_letter('B'), "key-two_"}}}, provider));
    IdentityCodes codes{*temporary.store, clock, system_random()};
    REQUIRE(codes.issue(of_letter('a'), {"SE1", "doctor-1", Kind::foreign}));
    REQUIRE(codes.issue(of_letter('b'), {}));
    CHECK(!codes.check("0000-0000-0000", "w"));
    clock.advance(std::chrono::seconds(1));
    CHECK(!codes.check("0000-0000-0000", "v"));

    REQUIRE(name_people_by(*temporary.store, std::vector<std::string>{"former-1", "next-001"}));
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::people
