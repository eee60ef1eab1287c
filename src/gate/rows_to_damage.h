// For tests of tables (store/scan_testing.h): rows of each of the gate's.
#pragma once

#include "gate/break_glass.h"
#include "gate/rights_copy.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::gate {

inline store::RowsInMemory rows_to_damage() {
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
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::gate
