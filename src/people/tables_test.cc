#include "people/tables.h"

#include "people/codes.h"
#include "people/links.h"
#include "people/named_by.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::people {
namespace {

crypto::Pseudonym of_letter(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }

store::Tables all_tables(const store::Snapshot&) {
    store::Tables out = link_tables();
    for (store::Tables more : {code_tables(), named_by_tables()})
        for (store::Table& one : more) out.push_back(std::move(one));
    return out;
}

TEST_CASE("of links and codes, what stands alone can go unnoticed, and nothing else") {
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

    std::set<std::string> lacking;
    const auto whole = store::RowsInMemory::of(*temporary.store);
    const auto unnoticed = store::unnoticed_damages(whole, all_tables, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                           "codes.tries added", "codes.tries dropped", "codes.tries swapped",    // counts stand alone
                           "people.aliases added", "people.aliases dropped",  // nodes say them again at their start
                           "people.marks added", "people.marks dropped",                         // nothing else tells of a mark
                           "people.named-by dropped",                                            // the next start says it again
                           "people.pairs added", "people.pairs dropped", "people.pairs swapped", // who stated one says it again when it compares
                       }));
}

}  // namespace
}  // namespace idun::people
