#include "exchange/tables.h"

#include "exchange/access_purge.h"
#include "exchange/access_rows.h"
#include "exchange/cases.h"
#include "exchange/declared_care.h"
#include "exchange/delivery.h"
#include "exchange/emergencies.h"
#include "exchange/internal/access_world.h"
#include "exchange/log_rows.h"
#include "exchange/notices.h"
#include "exchange/retention.h"
#include "exchange/rights_register.h"
#include "exchange/watched.h"
#include "index/tables.h"
#include "store/scan_testing.h"

namespace idun::exchange {
namespace {

using Words = std::set<std::string>;

store::Tables all_of(const store::Snapshot& snapshot) {
    store::Tables out = *tables(snapshot);
    for (store::Table& one : index::tables()) out.push_back(std::move(one));
    return out;
}

// Of tables whose names begin so.
Words unnoticed_of(store::Store& store, std::string_view prefix) {
    Words out;
    for (const std::string& one : store::unnoticed_damages(store::RowsInMemory::of(store), all_of))
        if (one.starts_with(prefix)) out.insert(one);
    return out;
}

crypto::Pseudonym person_of(std::uint8_t number) {
    crypto::Pseudonym out;
    out.bytes.fill(number);
    return out;
}

TEST_CASE("no damage of one row of the rights register goes unnoticed") {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    const crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    const auto index = *index::Index::open(*temporary.store);
    const auto registered = *RightsRegister::open(*temporary.store, *index, {"hub", std::chrono::hours(24), {}}, key, clock, system_random());
    const rights::Author by{.role = "patient", .user_id = "u1", .name = "Eva", .provider_id = "", .person = {}, .on_behalf_of = {}, .evidence = "", .warning = "w1"};
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

    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "rights.")) == store::one_a_line({
                                              "rights.addressed dropped",                      // one that a later one about the same person has overtaken
                                              "rights.form added",                             // looks like a gathering's, and is said of those
                                              "rights.former added", "rights.former dropped",  // that it is missing is said of rights.followed, the other of the two
                                              "rights.names swapped",                          // a name is as good as another
                                          }));
}

TEST_CASE("no damage of one row of the list of accesses goes unnoticed, but of what stands alone") {
    AccessWorld w;
    REQUIRE(open_access_rows(*w.temporary.store));
    REQUIRE(open_declared(*w.temporary.store, "hub"));
    w.view->follow_with({[](Draft&, const LoggedEntry& one, bool own) { return own && one.entry.access.action == ledger::Action::search; }});
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

    Words lacking;
    const Words all = store::unnoticed_damages(store::RowsInMemory::of(*w.temporary.store), all_of, &lacking);
    Words of_accesses;
    for (const std::string& one : all)
        if (one.starts_with("accesses.") || one.starts_with("logs.") || one.starts_with("tickets.") || one.starts_with("care."))
            of_accesses.insert(one);
    CHECK(
        store::one_a_line(of_accesses) ==
        store::one_a_line({
            "accesses.entries dropped",  // one about nobody
            "accesses.lines swapped",    // two of one person, log and user: when and which stands in keys alone
            "accesses.met dropped",      // counts
            "accesses.users garbled",   "accesses.users longer",  // looks like a ticket's, and is said of those
            "care.read-until dropped",
            "logs.counts added",        "logs.counts dropped",        "logs.faults dropped",       "logs.gaps dropped",
            "logs.stated dropped",      "logs.stated-counts dropped", "logs.strange-keys dropped",
            "logs.progress added",                                // a log of which nothing came
            "logs.progress dropped",    "logs.progress swapped",  // said of accesses.entries, whose log is then not
                                                                  // known, or shorter
            "logs.purged added",        "logs.purged dropped",        "logs.purged-until dropped",
            "tickets.persons dropped",  // said of accesses.users, whose keys are alike
        }));
    Words untouched;
    for (const std::string& one : lacking)
        if (one.starts_with("accesses.") || one.starts_with("logs.") || one.starts_with("tickets.")) untouched.insert(one);
    CHECK(store::one_a_line(untouched) == store::one_a_line({"logs.audit-fed", "logs.clocks"}));
}

TEST_CASE("no damage of one row of cases and glasses goes unnoticed; messages and settings stand alone") {
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
        REQUIRE(choose_delivery(*temporary.store, std::vector{person_of(who)}, {.pace = Pace::digest, .address = "eva" + std::to_string(who) + "@example.org"}));
        REQUIRE(watch(*temporary.store, {person_of(who), clock.now(), "ada", "M-" + std::to_string(who)}));
        clock.advance(std::chrono::seconds(1));
    }
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "cases.")) == store::one_a_line({
                                              "cases.persons garbled", "cases.persons longer",  // looks like a log's checkpoint, and is said of those
                                          }));
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "emergencies.")) == store::one_a_line({
                                              // A reported one has no number of its case; that it is missing is said of emergencies.opened.
                                              "emergencies.reported added", "emergencies.reported dropped", "emergencies.reported swapped",
                                          }));
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "notices.")) == store::one_a_line({"notices.messages added", "notices.messages swapped", "notices.settings added",
                                                                                             "notices.settings dropped", "notices.settings swapped"}));
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "kept.")) == store::one_a_line({"kept.messages added", "kept.messages dropped", "kept.messages swapped"}));
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "delivery.")) == store::one_a_line({"delivery.choices added", "delivery.choices cut", "delivery.choices dropped", "delivery.choices swapped"}));
    CHECK(store::one_a_line(unnoticed_of(*temporary.store, "supervision.")) == store::one_a_line({"supervision.watched added", "supervision.watched dropped", "supervision.watched swapped"}));
}

}  // namespace
}  // namespace idun::exchange
