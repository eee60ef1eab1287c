#include "gate/tables.h"

#include "base/bytes.h"
#include "gate/break_glass.h"
#include "gate/rights_copy.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::gate {
namespace {

TEST_CASE("no damage of one row that a node keeps of the hub's and of glasses goes unnoticed, but of what stands alone") {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    const crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    const rights::RuleTable rules;
    const auto copy = *RightsCopy::open(*temporary.store, clock);
    rights::FeedPage page;
    page.upto = page.head = 2;
    page.lease_until = clock.now() + std::chrono::hours(24);
    for (std::uint8_t who = 1; who <= 2; ++who) {
        rights::FactChange change;
        change.number = who;
        change.person.bytes.fill(who);
        change.kind = who == 1 ? rights::ChangeKind::opt_out : rights::ChangeKind::protect;
        change.time = clock.now();
        page.changes.push_back(change);
    }
    REQUIRE(copy->apply(page));
    Glasses glasses("SE1", key, rules, *temporary.store, clock, system_random());
    for (const std::string who : {"anna", "bo"}) {
        crypto::Pseudonym person;
        person.bytes.fill(7);
        Breaker breaker;
        breaker.user_id = who;
        REQUIRE(glasses.open(who, "p1", rights::Ground::life, "unconscious, " + who, {&person, 1}, breaker));
        clock.advance(std::chrono::seconds(1));
    }
    store::Batch batch;
    batch.put("dircopy.token", "head.body.signature");
    REQUIRE(temporary.store->commit(std::move(batch)));

    std::set<std::string> lacking;
    const auto whole = store::RowsInMemory::of(*temporary.store);
    const auto unnoticed = store::unnoticed_damages(whole, [](const store::Snapshot&) {
        store::Tables out = rights_copy_tables();
        for (const auto make : {directory_copy_table, glass_table, glass_report_table}) out.push_back(make());
        return out;
    }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              "directory-copy.token cut", "directory-copy.token dropped", "directory-copy.token longer",  // its signature is looked at when the node starts
                                              "glasses.reasons added",                                                                      // a glass of which the hub knows
                                              "glasses.reports dropped",                                                                    // one that the hub has
                                              "rights-copy.persons added", "rights-copy.persons dropped", "rights-copy.persons swapped",    // the hub has them
                                          }));
}

}  // namespace
}  // namespace idun::gate
