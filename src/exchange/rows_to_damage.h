// For tests of tables (store/scan_testing.h): rows of each of what the hub knows of choices, accesses and cases.
#pragma once

#include "base/bytes.h"
#include "exchange/access_purge.h"
#include "exchange/access_rows.h"
#include "exchange/care_checks.h"
#include "exchange/cases.h"
#include "exchange/connection_report.h"
#include "exchange/declared_care.h"
#include "exchange/delivery.h"
#include "exchange/emergencies.h"
#include "exchange/internal/access_world.h"
#include "exchange/log_clock.h"
#include "exchange/log_rows.h"
#include "exchange/notices.h"
#include "exchange/retention.h"
#include "exchange/rights_register.h"
#include "exchange/watched.h"
#include "exchange/withdrawals.h"
#include "json/writer.h"
#include "store/person_key.h"
#include "store/scan_testing.h"

namespace idun::exchange {

inline crypto::Pseudonym person_of(std::uint8_t number) {
    crypto::Pseudonym out;
    out.bytes.fill(number);
    return out;
}

inline store::RowsInMemory rights_to_damage() {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    const crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    const auto index = *index::Index::open(*temporary.store);
    const auto registered = *RightsRegister::open(*temporary.store, *index, {"hub", std::chrono::hours(24), {}}, key,
                                                  clock, system_random());
    const rights::Author by{.role = "patient",
                            .user_id = "u1",
                            .name = "Eva",
                            .provider_id = "",
                            .person = {},
                            .on_behalf_of = {},
                            .evidence = "",
                            .warning = "w1"};
    const auto publish = [&](std::uint8_t who, const std::string& provider, bool withdrawn, std::uint64_t version) {
        const index::Pointer pointer{person_of(who), "imaging", clock.now(), version, withdrawn};
        REQUIRE(index->put(provider, {&pointer, 1}, {clock.now(), version}));
    };
    publish(1, "SE1", false, 1);
    publish(2, "SE1", false, 2);
    publish(2, "SE2", false, 1);
    REQUIRE(registered->begin(person_of(1), rights::ChangeKind::opt_out, {}, by));
    rights::Block block;
    block.scope.provider_id = "SE1";
    block.from = clock.now();
    const std::string first = *registered->begin(person_of(2), rights::ChangeKind::block, block, by);
    clock.advance(std::chrono::seconds(1));
    REQUIRE(registered->begin(person_of(1), rights::ChangeKind::opt_in, {}, by));
    block.scope.category = "imaging";
    REQUIRE(registered->begin(person_of(2), rights::ChangeKind::block, block, by));
    REQUIRE(registered->end(person_of(2), first, by));
    rights::Mandate mandate;
    mandate.representative = person_of(3);
    mandate.from = clock.now();
    REQUIRE(registered->begin(person_of(1), rights::ChangeKind::mandate, mandate, by, {"Eva", "Bo"}));
    mandate.representative = person_of(4);
    REQUIRE(registered->begin(person_of(2), rights::ChangeKind::mandate, mandate, by, {"Adam", "Li"}));
    clock.advance(std::chrono::seconds(1));
    publish(2, "SE3", false, 1);
    publish(1, "SE1", true, 3);
    return store::RowsInMemory::of(*temporary.store);
}

inline store::RowsInMemory accesses_to_damage() {
    AccessWorld w;
    REQUIRE(open_access_rows(*w.temporary.store));
    REQUIRE(open_declared(*w.temporary.store, "hub"));
    w.view->follow_with({[](Draft&, const LoggedEntry& one, bool own) {
        return own && one.entry.access.action == ledger::Action::search;
    }});
    w.gathering(w.eva, "g1", "asked");
    REQUIRE(w.ship({w.at_node(0, "1-x", "g1"), w.at_node(1, "", "r1"), w.at_node(2, "9-y", "r2")}, 0, 5));
    w.answered("g1", 0);
    w.answered("g2", 4);
    w.gathering(w.adam, "g3", "asked");
    w.gathering(w.eva, "g4", "asked");
    ledger::Access nobody = w.access(w.eva, ledger::Action::search, "n1");
    nobody.person.reset();
    REQUIRE(w.log->append(nobody));
    REQUIRE(w.log->append(w.access(w.eva, ledger::Action::search, "n2")));  // told by its line
    REQUIRE(w.view->come_up_to_date());
    REQUIRE(w.ship({w.at_node(3, "", "r3")}, 3, 6));
    const auto entry = *find_entry(Draft(*w.temporary.store->snapshot()), "SE1", 1);
    for (const char* reason : {"first", "again"}) {
        Withholding why;
        why.log_id = "SE1";
        why.index = 1;
        why.reason = reason;
        why.decision = "D-1";
        why.by = "ada";
        why.since = w.clock.now();
        REQUIRE(w.view->withhold(*entry, why));
        if (reason == std::string("first")) REQUIRE(w.view->lift(*entry, "D-2"));
        w.clock.advance(std::chrono::seconds(1));
    }
    Draft draft(*w.temporary.store->snapshot());
    put_gap(draft, "SE1", 2);
    const auto stranger = crypto::SigningKey::generate(system_random());
    REQUIRE(note_forged(draft, "SE1", 3, ledger::sign_checkpoint(stranger, {"SE1", 4, {}}),
                        crypto::KeySet(w.node_key.public_key()), w.clock.now()));
    auto counted = w.shipment({}, 4, 6);
    counted.stated = ledger::sign_served(w.node_key, {"SE1", 4, counted.served});
    REQUIRE(*keep_count(draft, counted));
    REQUIRE(
        purge_log(draft, rights::RuleTable(), w.log->log_id(), w.clock.now() + std::chrono::hours(24 * 366 * 12), 1));
    REQUIRE(w.temporary.store->commit(draft.batch()));
    // How far each log's clock was off, and what a repository of audit events has of it.
    store::Batch beside;
    for (const char* log : {"SE1", "SE2"}) {
        std::string next;
        append_be(next, std::uint64_t{log[2] == '1' ? 7u : 3u});
        beside.put(std::string("auditfedP") + log, next);
    }
    REQUIRE(w.temporary.store->commit(std::move(beside)));
    Draft clocks(*w.temporary.store->snapshot());
    REQUIRE(note_clock(clocks, "SE1", 4, std::chrono::hours(2), w.clock.now()));
    REQUIRE(note_clock(clocks, "SE2", 5, -std::chrono::hours(3), w.clock.now()));
    REQUIRE(w.temporary.store->commit(clocks.batch()));
    return store::RowsInMemory::of(*w.temporary.store);
}

inline store::RowsInMemory cases_to_damage() {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'123}};
    Cases cases{*temporary.store};
    Notices notices{*temporary.store, clock, system_random()};
    Emergencies emergencies{*temporary.store, cases, notices, clock, system_random()};
    for (std::uint8_t who = 1; who <= 2; ++who) {
        Emergency glass;
        glass.user_id = "u" + std::to_string(who);
        glass.name = "Anna";
        glass.provider_id = "SE1";
        glass.ground = "life";
        glass.reason = "unconscious";
        REQUIRE(emergencies.open(person_of(who), glass, std::chrono::minutes(60), "Region Norr"));
        glass.id = "g-" + std::to_string(who);
        glass.from = clock.now();
        glass.until = clock.now() + std::chrono::minutes(who);
        REQUIRE(emergencies.report(person_of(who), glass, "Region Syd"));
        REQUIRE(notices.want(person_of(who), who == 1));
        REQUIRE(choose_delivery(*temporary.store, std::vector{person_of(who)},
                                {.pace = Pace::digest, .address = "eva" + std::to_string(who) + "@example.org"}));
        REQUIRE(watch(*temporary.store, {person_of(who), clock.now(), "ada", "M-" + std::to_string(who)}));
        clock.advance(std::chrono::seconds(1));
    }
    // Letters: two that are due, two that wait for another attempt.
    store::Batch letters;
    for (std::uint8_t who = 3; who <= 4; ++who) {
        REQUIRE(choose_delivery(*temporary.store, std::vector{person_of(who)},
                                {.pace = Pace::immediate, .address = "bo@example.org"}));
        put_due(letters, *temporary.store, person_of(who), who == 3, system_random());
        std::string when;
        append_be(when, static_cast<std::uint64_t>(clock.now().ms + who));
        const std::string person(person_of(who).view());
        letters.put("duelaterW" + when + person, std::string("\0\1", 2) + std::string(8, static_cast<char>(who)));
        letters.put(store::person_key(person_of(who), 'D') + "w", when);
    }
    REQUIRE(temporary.store->commit(std::move(letters)));
    return store::RowsInMemory::of(*temporary.store);
}

// A declared care relation as it is kept: docs/formats/rights-register.md.
inline std::string declared_care(std::uint8_t who, Instant at, bool checked) {
    json::Writer w;
    w.object().member("person", person_of(who).text()).member("provider", "SE1").member("unit", "");
    w.member("user", "anna").member("name", "Anna").member("at", to_iso(at));
    if (checked) w.member("answered", true).member("checked", to_iso(at));
    w.end();
    return w.take();
}

// What the operator has written and done, and declared care relations.
inline store::RowsInMemory operators_to_damage() {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    const auto directory = *directory::Directory::open(*temporary.store, clock);
    const auto index = *index::Index::open(*temporary.store);
    const auto withdrawals = *Withdrawals::open(*temporary.store, *directory, *index, clock);
    for (const char* provider : {"SE1", "SE2"}) {
        REQUIRE(directory->put(directory::Organisation{provider, "Kliniken", "", ""}));
        REQUIRE(withdrawals->withdraw(provider, {"ada", "bankrupt", "D-1"}));
    }
    REQUIRE(write_national_figures(*temporary.store, R"({"source": "x", "population": 10})"));
    REQUIRE(write_national_figures(*temporary.store, R"({"source": "y", "population": 11})"));
    store::Batch care;
    for (std::uint8_t who = 1; who <= 2; ++who) {
        const Instant at = clock.now() + std::chrono::minutes(who);
        std::string when, hour;
        append_be(when, static_cast<std::uint64_t>(at.ms));
        append_be(hour, static_cast<std::uint64_t>(at.ms / 3'600'000 * 3'600'000));
        const std::string digest(
            crypto::sha256(std::string("SE1") + '\0' + "anna" + '\0' + std::string(person_of(who).view()))
                .view()
                .substr(0, 16));
        care.put("hubcarew" + hour + digest, declared_care(who, at, false));
        const std::string unshown = std::string("hubcarenSE1") + '\0' + when + digest;
        care.put(unshown, declared_care(who, at, true));
        keep_for_a_time(care, Kept::unshown_care, at, unshown, system_random());
    }
    REQUIRE(temporary.store->commit(std::move(care)));
    REQUIRE(index->settled(std::chrono::seconds(10)));
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::exchange
