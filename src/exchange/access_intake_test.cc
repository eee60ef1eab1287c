#include "exchange/internal/access_world.h"
#include "exchange/ticket_book.h"
#include "ledger/succession.h"
#include "trust/ticket.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("entries of a node stand in the list, and those of a gathering's tickets within the gathering") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    const auto part = f.at_node(0, "17-x", "g");
    const auto own = f.at_node(1, "", "g");  // staff of the provider choose their request ids freely
    CHECK(*f.ship({part, own}, 0, 2) == 2);
    f.gathering(f.eva, "g", "answered");
    CHECK(f.shown() == "hub1 SE11 ");
    const auto seen = f.page().seen;
    REQUIRE(seen[0].access.records.size() == 1);
    CHECK(seen[0].access.records[0].id == "c0");
}

TEST_CASE("a ticket hides no access that the hub has not asked for") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    f.gathering(f.adam, "h", "asked");
    auto other_person = f.at_node(0, "1-x", "h");
    auto other_user = f.at_node(1, "2-x", "g");
    other_user.access.requester.user_id = "bertil";
    auto much_later = f.at_node(2, "3-x", "g");
    much_later.access.time = much_later.access.time + std::chrono::hours(1);
    const auto unknown = f.at_node(3, "4-x", "nothing");
    REQUIRE(f.ship({other_person, other_user, much_later, unknown}, 0, 4));
    CHECK(f.page().seen.size() == 5);
}

TEST_CASE("shipping twice changes nothing; a gap, another order, other words and a shorter log are refused") {
    AccessWorld f;
    const auto first = f.at_node(0, "", "a"), second = f.at_node(1, "", "b"), third = f.at_node(2, "", "c");
    CHECK(*f.ship({first}, 0, 3) == 1);
    CHECK(*f.ship({first, second}, 0, 3) == 2);
    CHECK(*f.ship({first, second}, 0, 3) == 2);
    CHECK(*f.ship({}, 2, 3) == 2);
    CHECK(f.shown() == "SE11 SE10 ");
    CHECK(is_conflict(f.ship({}, 3, 3)));  // a gap
    auto forged = second;
    forged.access.requester.user_id = "nobody";
    CHECK(is_conflict(f.ship({forged, third}, 1, 3)));
    auto rehashed = second;
    rehashed.hash.bytes.fill(0);
    CHECK(is_conflict(f.ship({rehashed}, 1, 3)));
    CHECK(is_conflict(f.ship({first}, 0, 2)));  // cut back
    CHECK(f.shown() == "SE11 SE10 ");
    f.restart();
    CHECK(*f.next_of("SE1") == 2);
    CHECK(*f.ship({third}, 2, 3) == 3);
    CHECK(f.shown() == "SE12 SE11 SE10 ");
}

TEST_CASE("tickets, receipts and entries are accounted for, whichever comes first") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    const auto entry = f.at_node(0, "1-x", "g");
    f.answered("g", 0);
    CHECK(f.account().receipts == 1);
    CHECK(f.account().matched == 0);
    REQUIRE(f.ship({entry}, 0, 1));
    f.gathering(f.eva, "h", "asked");
    REQUIRE(f.ship({f.at_node(1, "2-x", "h")}, 1, 2));
    f.answered("h", 1);
    const LogAccount account = f.account();
    CHECK(account.tickets == 2);
    CHECK(account.receipts == 2);
    CHECK(account.matched == 2);
    CHECK(account.complete());
    f.restart();
    CHECK(f.account().tickets == 2);
}

TEST_CASE("a receipt without its entry is missing after a while, for the person and for the supervisor, until it comes") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    const auto entry = f.at_node(0, "1-x", "g");
    f.answered("g", 0);
    CHECK(f.view->missing(f.eva, 10)->empty());
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    const auto missing = *f.view->missing(f.eva, 10);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].log_id == "SE1");
    CHECK(missing[0].index == 0);
    CHECK(f.view->missing(f.adam, 10)->empty());
    CHECK(f.account().missing == 1);
    CHECK(f.account().missing_since == missing[0].time);
    CHECK(!f.account().complete());
    REQUIRE(f.ship({entry}, 0, 1));
    CHECK(f.view->missing(f.eva, 10)->empty());
    CHECK(f.account().complete());
}

TEST_CASE("a receipt that is given for two questions leaves the list readable, and one of them missing") {
    AccessWorld f;
    f.answered("first", 0);
    f.answered("second", 0);
    REQUIRE(f.ship({f.at_node(0, "1-x", "second")}, 0, 1));
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.view->missing(f.eva, 10)->size() == 1);
    CHECK(f.page().seen.size() == 2);
}

TEST_CASE("an entry that is not what its receipt stood for does not account for it") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    f.answered("g", 0);
    auto other = f.at_node(0, "1-x", "g");
    other.access.person = f.adam;
    REQUIRE(f.ship({other}, 0, 1));
    CHECK(f.faults() == "contradicted unasked ");  // nobody asked about Adam
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.view->missing(f.eva, 10)->size() == 1);
    f.gathering(f.eva, "h", "asked");
    REQUIRE(f.ship({f.at_node(1, "", "h")}, 1, 2));  // the other way round, and without a ticket
    f.answered("h", 1);
    CHECK(f.account().faults[0].count == 2);
    CHECK(f.account().faults[0].index == 1);
}

TEST_CASE("a log that ships less than it has, falls silent, is cut back or changed is a fact with its time") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 3));
    CHECK(f.account().complete());
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.account().behind);
    CHECK(!f.account().silent);
    CHECK(f.view->incomplete(f.eva, {"SE1", "SE2"})->size() == 1);
    const auto second = f.at_node(1, "", "b");
    REQUIRE(f.ship({second, f.at_node(2, "", "c")}, 1, 3));
    CHECK(f.account().complete());
    f.clock.advance(f.bounds.silent_after + std::chrono::milliseconds(1));
    CHECK(f.account().silent);
    REQUIRE(f.ship({}, 3, 3));
    CHECK(f.account().complete());
    CHECK(is_conflict(f.ship({}, 2, 2)));
    auto forged = second;
    forged.access.requester.user_id = "nobody";
    CHECK(is_conflict(f.ship({forged}, 1, 3)));
    CHECK(is_conflict(f.ship({forged}, 1, 3)));
    CHECK(f.faults() == "cut-back changed ");
    CHECK(f.account().faults[1].count == 2);
    CHECK(f.account().faults[1].index == 1);
    f.restart();
    CHECK(f.faults() == "cut-back changed ");
}

TEST_CASE("a checkpoint that the node has not signed, of another log or size, is refused and named") {
    AccessWorld f;
    const auto good = f.shipment({f.at_node(0, "", "a")}, 0, 1);
    auto stranger = good;
    stranger.checkpoint = ledger::sign_checkpoint(f.key, {"SE1", 1, AccessWorld::leaf(0)});
    auto other_log = good;
    other_log.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE2", 1, AccessWorld::leaf(0)});
    auto larger = good;
    larger.size = 2;
    auto none = good;
    none.checkpoint.clear();
    for (const auto& bad : {stranger, other_log, larger, none}) CHECK(is_conflict(f.take(bad)));
    CHECK(f.shown().empty());
    REQUIRE(f.take(good));
    CHECK(f.faults() == "forged ");
    CHECK(f.account().faults[0].count == 4);
}

TEST_CASE("entries that are not those of the signed tree are refused and named, with what the node had signed") {
    AccessWorld f;
    auto moved = f.shipment({f.at_node(0, "", "a"), f.at_node(1, "", "b")}, 0, 2);
    std::swap(moved.entries[0].hash, moved.entries[1].hash);
    CHECK(is_conflict(f.take(moved)));
    auto longer = f.shipment({f.at_node(0, "", "a")}, 0, 3);
    longer.proof.pop_back();
    CHECK(is_conflict(f.take(longer)));
    auto unproven = f.shipment({f.at_node(0, "", "a")}, 0, 3);
    unproven.entries[0].hash = AccessWorld::leaf(7);
    CHECK(is_conflict(f.take(unproven)));
    CHECK(f.shown().empty());
    CHECK(f.faults() == "unfit ");
    CHECK(f.account().faults[0].checkpoint == f.checkpoint(3));
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 3));
    CHECK(f.shown() == "SE10 ");
}

TEST_CASE("two signed logs of one size are a fork, and the second checkpoint is kept against its owner") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    auto forked = f.shipment({}, 1, 1);
    forked.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE1", 1, AccessWorld::leaf(9)});
    CHECK(is_conflict(f.take(forked)));
    CHECK(f.faults() == "forked ");
    CHECK(f.account().faults[0].checkpoint == forked.checkpoint);
    CHECK(f.account().progress.checkpoint == f.checkpoint(1));
}

TEST_CASE("what an owner has signed of entries that are not here yet must be so when they come, whatever it signed since") {
    AccessWorld f;
    // A log of four entries of which one is shipped; the tree behind it is another one than the node goes on with.
    const auto other = [](unsigned level, std::uint64_t index) -> Result<crypto::Hash> {
        const auto leaf = [](std::uint64_t at) { return AccessWorld::leaf(at == 0 ? 0 : at + 40); };
        if (level == 0) return leaf(index);
        return crypto::node_hash(leaf(2 * index), leaf(2 * index + 1));
    };
    crypto::CompactRange range;
    for (std::uint64_t i = 0; i < 4; ++i) range.append(*other(0, i));
    auto stated = f.shipment({f.at_node(0, "", "a")}, 0, 4);
    stated.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE1", 4, range.root()});
    stated.proof = *crypto::consistency_proof(1, 4, other);
    REQUIRE(f.take(stated));
    REQUIRE(f.ship({f.at_node(1, "", "b"), f.at_node(2, "", "c")}, 1, 6));
    f.restart();
    CHECK(is_conflict(f.ship({f.at_node(3, "", "d")}, 3, 6)));
    CHECK(f.faults() == "forked ");
    CHECK(f.account().faults[0].checkpoint == stated.checkpoint);
    CHECK(f.account().faults[0].index == 4);
    CHECK(*f.next_of("SE1") == 3);
    // And a second one of a size that was stated is refused at once.
    auto again = f.shipment({}, 3, 6);
    again.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE1", 6, AccessWorld::leaf(9)});
    CHECK(is_conflict(f.take(again)));
}

TEST_CASE("an honest node that is far behind states many sizes, and comes to each") {
    AccessWorld f;
    for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(f.ship({f.at_node(i, "", "r")}, i, 110 + i / 2));
    REQUIRE(f.account().faults.empty());
    std::vector<ledger::ShippedEntry> rest;
    for (std::uint64_t i = 100; i < 160; ++i) rest.push_back(f.at_node(i, "", "r"));
    REQUIRE(f.ship(std::move(rest), 100, 160));
    CHECK(f.account().faults.empty());
    const auto snapshot = *f.temporary.store->snapshot();
    CHECK(stated_heads(*snapshot, "SE1")->empty());
}

TEST_CASE("tickets are numbered for each node, and none is used twice, however the hub ends") {
    AccessWorld f;
    auto book = std::make_unique<TicketBook>(*f.view, system_random());
    const auto ask = [&](const std::string& node) {
        const std::string id = *book->next(node);
        auto begun = f.access(f.eva, ledger::Action::gather, "g" + id);
        begun.sources.push_back({node, "asked", id, 0});
        REQUIRE(f.log->append(begun));
        return *trust::ticket_number(id);
    };
    CHECK(ask("SE1") == 1);
    CHECK(ask("SE2") == 1);
    CHECK(ask("SE1") == 2);
    f.restart();
    book = std::make_unique<TicketBook>(*f.view, system_random());
    CHECK(ask("SE1") == 3);
    CHECK(*trust::ticket_number(*book->next_of_hub("SE1", f.eva)) == 4);
    f.restart();
    book = std::make_unique<TicketBook>(*f.view, system_random());
    CHECK(ask("SE1") == 5);
    CHECK(ask("SE2") == 2);
}

TEST_CASE("a ticket that nothing came of is a fact with node and time; an entry, a receipt or a refusal settles it") {
    AccessWorld f;
    const auto begin = [&](const std::string& request, const std::string& ticket) {
        auto begun = f.access(f.eva, ledger::Action::gather, request);
        begun.sources.push_back({"SE1", "asked", ticket, 0});
        REQUIRE(f.log->append(begun));
        return begun.time;
    };
    const Instant lost = begin("lost", "1-a");
    begin("entry", "2-b");
    begin("refused", "3-c");
    begin("receipt", "4-d");
    f.answered("receipt", 5);
    auto shipment = f.shipment({f.at_node(0, "2-b", "entry")}, 0, 1);
    shipment.refused = {"3-c", "3-other", "99-z", "none"};
    REQUIRE(f.take(shipment));
    CHECK(f.view->unanswered(f.eva, 10)->empty());  // it may still come
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    const auto unanswered = *f.view->unanswered(f.eva, 10);
    REQUIRE(unanswered.size() == 1);
    CHECK(unanswered[0].node == "SE1");
    CHECK(unanswered[0].number == 1);
    CHECK(unanswered[0].time == lost);
    CHECK(f.view->unanswered(f.adam, 10)->empty());
    const LogAccount account = f.account();
    CHECK(account.tickets == 4);
    CHECK(account.issued == 4);
    CHECK(account.refused == 1);
    CHECK(account.unanswered == 1);
    CHECK(account.unanswered_since == lost);
    CHECK(account.missing == 1);  // the receipt's entry, which is another fact
    REQUIRE(f.ship({f.at_node(1, "1-a", "lost")}, 1, 2));
    CHECK(f.view->unanswered(f.eva, 10)->empty());
}

TEST_CASE("a ticket of that number with another id was not issued; the next numbers lie behind it") {
    AccessWorld f;
    auto begun = f.access(f.eva, ledger::Action::gather, "g");
    begun.sources.push_back({"SE1", "asked", "1-a", 0});
    REQUIRE(f.log->append(begun));
    REQUIRE(f.ship({f.at_node(0, "1-b", "g")}, 0, 1));
    CHECK(f.faults() == "unasked ");
    REQUIRE(f.ship({f.at_node(1, "17-x", "elsewhere"), f.at_node(2, "99999999999-x", "elsewhere")}, 1, 3));
    TicketBook book(*f.view, system_random());
    CHECK(*trust::ticket_number(*book.next("SE1")) == 18);
}

TEST_CASE("what the hub asked by itself is known by its ticket: to name the hub is no excuse") {
    AccessWorld f;
    TicketBook book(*f.view, system_random());
    const std::string id = *book.next_of_hub("SE1", f.eva);
    const auto by_hub = [&](std::uint64_t index, const std::string& ticket) {
        auto out = f.at_node(index, ticket, "r" + std::to_string(index));
        out.access.requester.user_id = f.log->log_id();
        return out;
    };
    REQUIRE(f.ship({by_hub(0, id)}, 0, 1));
    CHECK(f.faults().empty());
    REQUIRE(f.ship({by_hub(1, "17-x")}, 1, 2));
    CHECK(f.faults() == "unasked ");
}

TEST_CASE("a gap in how often a person was met is a fact; after her keys were forgotten she begins anew") {
    AccessWorld f;
    // After a forgotten beginning of which nothing was shipped while it could be read.
    std::vector<ledger::ShippedEntry> beginning;
    for (std::uint64_t i = 0; i < 6; ++i) beginning.push_back(AccessWorld::closed(i, ledger::Kind::person));
    beginning.push_back(f.nth(6, 7));
    beginning.push_back(f.nth(7, 8));
    REQUIRE(f.ship(beginning, 0, 8));
    CHECK(f.faults().empty());
    REQUIRE(f.ship({AccessWorld::closed(8, ledger::Kind::forgotten), f.nth(9, 1)}, 8, 10));
    CHECK(f.faults().empty());
    REQUIRE(f.ship({AccessWorld::closed(10, ledger::Kind::person), f.nth(11, 3)}, 10, 12));
    CHECK(f.faults() == "hidden ");
    CHECK(f.account().faults[0].index == 11);
    REQUIRE(f.ship({f.nth(12, 1)}, 12, 13));
    CHECK(f.account().faults[0].count == 2);
    CHECK(f.account().progress.closed == 7);
    REQUIRE(f.ship({f.nth(13, 2)}, 13, 14));
    CHECK(f.account().faults[0].count == 2);
}

TEST_CASE("entries whose keys were forgotten in the middle of a person's hide nothing, when the log says so by its end") {
    AccessWorld f;
    using enum ledger::Kind;
    // Her older keys were forgotten while the hub was away; her count went on.
    REQUIRE(f.ship({f.nth(0, 1)}, 0, 8));
    REQUIRE(f.ship({AccessWorld::closed(1, person), AccessWorld::closed(2, person), f.nth(3, 4)}, 1, 8));
    CHECK(f.faults().empty());
    f.restart();
    REQUIRE(f.ship({f.nth(4, 5), AccessWorld::closed(5, forgotten), f.nth(6, 6), f.nth(7, 7)}, 4, 8));
    CHECK(f.faults().empty());
    // The entry that says so may also come before the next that opens.
    REQUIRE(f.ship({AccessWorld::closed(8, person), AccessWorld::closed(9, forgotten), f.nth(10, 9)}, 8, 11));
    CHECK(f.faults().empty());
    // More are lacking than came closed.
    REQUIRE(f.ship({AccessWorld::closed(11, person), AccessWorld::closed(12, forgotten), f.nth(13, 19)}, 11, 14));
    CHECK(f.faults() == "hidden ");
    CHECK(f.account().faults[0].index == 13);
    // Nothing behind it says that keys were forgotten.
    REQUIRE(f.ship({AccessWorld::closed(14, person), f.nth(15, 21)}, 14, 17));
    CHECK(f.account().faults[0].count == 1);
    REQUIRE(f.ship({f.nth(16, 22)}, 16, 17));
    CHECK(f.account().faults[0].count == 2);
    CHECK(f.account().faults[0].index == 15);
    REQUIRE(f.ship({f.nth(17, 23)}, 17, 18));
    CHECK(f.account().faults[0].count == 2);
}

TEST_CASE("the first entry about a person that opens is her first, or as many came closed, and the log says why") {
    const ledger::ShippedEntry closed = AccessWorld::closed(0, ledger::Kind::person);
    AccessWorld later;
    REQUIRE(later.ship({later.nth(0, 2)}, 0, 1));
    CHECK(later.faults() == "hidden ");
    AccessWorld more;
    REQUIRE(more.ship({closed, more.nth(1, 3)}, 0, 2));
    CHECK(more.faults() == "hidden ");
    AccessWorld silent;
    REQUIRE(silent.ship({closed, silent.nth(1, 2)}, 0, 2));
    CHECK(silent.faults().empty());
    REQUIRE(silent.ship({silent.nth(2, 3)}, 2, 3));  // nothing says that keys were forgotten
    CHECK(silent.faults() == "hidden ");
    AccessWorld uncounted;
    auto shipment = uncounted.shipment({uncounted.nth(0, 1)}, 0, 1);
    shipment.entries[0].sequence = 0;
    REQUIRE(uncounted.take(shipment));
    CHECK(uncounted.faults() == "hidden ");
}

TEST_CASE("an owner who states fewer accesses than came, or more than can be, is named") {
    AccessWorld f;
    auto fewer = f.shipment({f.at_node(0, "", "a"), f.at_node(1, "1-x", "b")}, 0, 2);
    fewer.served = {1, 0};
    REQUIRE(f.take(fewer));
    CHECK(f.faults() == "unasked miscounted ");
    auto more = f.shipment({f.at_node(2, "", "c")}, 2, 3);
    more.served.own += 1;
    REQUIRE(f.take(more));
    for (const FaultSeen& seen : f.account().faults)
        if (seen.fault == LogFault::miscounted) CHECK(seen.count == 2);
    auto wrapping = f.shipment({f.at_node(3, "", "d")}, 3, 4);
    wrapping.served.tickets = UINT64_MAX;
    REQUIRE(f.take(wrapping));
    for (const FaultSeen& seen : f.account().faults)
        if (seen.fault == LogFault::miscounted) CHECK(seen.count == 3);
}

TEST_CASE("a log that follows says how the one before ended, and closes it for good") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a"), f.at_node(1, "", "b")}, 0, 2));
    const auto root = f.view->progress("SE1")->tree.root();
    const auto beginning = [&](const ledger::Succession& said, const std::string& log_id = "SE1.log2") {
        ledger::ShippedEntry out{.index = 0, .hash = AccessWorld::leaf(0), .access = ledger::access_of(said, f.clock.now())};
        return f.shipment({out, f.at_node(1, "", "c")}, 0, 2, log_id);
    };
    const ledger::Succession said{{"SE1", 2, root}, {"SE1", 1, AccessWorld::leaf(0)}};
    auto other_size = said, other_root = said, other_log = said;
    other_size.shipped.size = other_size.kept.size = 1;
    other_root.shipped.root = AccessWorld::leaf(3);
    other_log.shipped.log_id = other_log.kept.log_id = "SE9";
    for (const auto& bad : {other_size, other_root, other_log}) {
        f.served.clear();
        CHECK(is_conflict(f.take(beginning(bad))));
    }
    CHECK(is_conflict(f.take(f.shipment({f.at_node(0, "", "x")}, 0, 1, "SE1.log2"))));
    // Numbered without a gap: what is said of the log before must be of that one.
    f.served.clear();
    CHECK(is_conflict(f.take(beginning(said, "SE1.log3"))));
    f.served.clear();
    REQUIRE(f.take(beginning(said)));
    CHECK(f.shown() == "SE1.log21 SE11 SE10 ");
    CHECK(*f.view->newest_log("SE1") == "SE1.log2");
    CHECK(is_conflict(f.ship({f.at_node(2, "", "d")}, 2, 3)));
    const auto incomplete = *f.view->incomplete(f.eva, {"SE1"});
    REQUIRE(incomplete.size() == 1);
    CHECK(incomplete[0].progress.successor == "SE1.log2");
    CHECK(incomplete[0].faults.at(0).fault == LogFault::cut_back);
    CHECK(incomplete[0].faults.at(0).index == 1);
    CHECK(!incomplete[0].silent);
}

TEST_CASE("a hub that was set back behind logs that followed takes the newest, and says for ever that those between are lost") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    const auto beginning = [&](const ledger::Succession& said, const std::string& log_id) {
        f.served.clear();
        ledger::ShippedEntry out{.index = 0, .hash = AccessWorld::leaf(0), .access = ledger::access_of(said, f.clock.now())};
        return f.shipment({out, f.at_node(1, "", "c")}, 0, 2, log_id);
    };
    const auto after = [](const std::string& log_id) { return ledger::Succession{{log_id, 5, AccessWorld::leaf(9)}, {log_id, 3, AccessWorld::leaf(8)}}; };
    CHECK(is_conflict(f.take(beginning(after("SE1.log2"), "SE1.log4"))));    // of another than the one before
    CHECK(is_conflict(f.take(beginning(after("SE1.log30"), "SE1.log31"))));  // no owner has begun so many since
    REQUIRE(f.take(beginning(after("SE1.log3"), "SE1.log4")));
    CHECK(*f.view->newest_log("SE1") == "SE1.log4");
    CHECK(f.shown() == "SE1.log41 SE10 ");
    const auto incomplete = *f.view->incomplete(f.eva, {"SE1"});
    REQUIRE(incomplete.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(incomplete[i].log_id == ledger::log_id_of("SE1", static_cast<std::uint32_t>(i + 1)));
        REQUIRE(incomplete[i].faults.size() == 1);
        CHECK(incomplete[i].faults[0].fault == LogFault::cut_back);
        CHECK(!incomplete[i].silent);
    }
    CHECK(incomplete[2].progress.size == 5);
    CHECK(incomplete[2].faults[0].index == 3);
    // Nobody begins one of them now.
    CHECK(is_conflict(f.take(beginning(after("SE1"), "SE1.log2"))));
    REQUIRE(f.take(f.shipment({f.at_node(2, "", "d")}, 2, 3, "SE1.log4")));
}

TEST_CASE("the hub's own log that follows one closes it for good, and everybody is told; what is here of it stays as it was") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    REQUIRE(f.ship({f.at_node(0, "1-x", "g")}, 0, 1));
    f.gathering(f.eva, "g", "answered");
    CHECK(f.shown() == "hub1 ");
    CHECK(f.view->incomplete(f.adam, {})->empty());
    const ledger::Succession said{{"hub", 9, crypto::sha256("lost")}, {"hub", f.log->size(), *f.log->root(f.log->size())}};
    f.view.reset();
    f.log = *ledger::Ledger::open(f.temporary.folder.path + "/log-2", "hub.log2", f.key, ledger::system_files(), f.clock);
    REQUIRE(f.log->append(ledger::access_of(said, f.clock.now())));
    f.restart();
    f.gathering(f.eva, "h", "asked");
    CHECK(f.shown() == "hub.log21 hub1 ");
    for (int starts = 0; starts < 2; ++starts) {
        const auto all = *f.view->accounts();  // the one that is written is the hub's own affair
        REQUIRE(all.size() == 2);
        const LogAccount& closed = all[1].log_id == "hub" ? all[1] : all[0];
        CHECK(closed.log_id == "hub");
        CHECK(closed.progress.successor == "hub.log2");
        CHECK(closed.progress.size == 9);
        CHECK(ledger::peek_checkpoint(closed.progress.checkpoint)->size == 2);
        REQUIRE(closed.faults.size() == 1);
        CHECK(closed.faults[0].fault == LogFault::cut_back);
        CHECK(closed.faults[0].index == 2);
        CHECK(closed.faults[0].count == 1);
        CHECK(!closed.complete());
        CHECK(f.view->incomplete(f.adam, {})->size() == 1);  // whose entries it lost nobody knows
        f.restart();
    }
    // A gathering of the closed log is one: with its part it is withheld.
    const auto part = **f.view->find("SE1", 0);
    REQUIRE(f.view->withhold(part, {"SE1", 0, "risk", "D-1", "officer", f.clock.now(), {}, ""}));
    CHECK(f.shown() == "hub.log21 ");
}

TEST_CASE("the first entry that is here from some place on is found behind what is gone") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a"), f.at_node(1, "", "b"), f.at_node(2, "", "c")}, 0, 3));
    CHECK(f.view->kept_from("SE1", 1)->value().index == 1);
    CHECK(f.view->kept_from("SE1", 1)->value().hash == AccessWorld::leaf(1));
    CHECK(!f.view->kept_from("SE1", 3)->has_value());
    CHECK(!f.view->kept_from("SE2", 0)->has_value());
    store::Batch batch;
    batch.erase(entry_key("SE1", 1));
    REQUIRE(f.temporary.store->commit(std::move(batch)));
    CHECK(f.view->kept_from("SE1", 1)->value().index == 2);
    CHECK(f.view->kept_from("SE1", 1)->value().hash == AccessWorld::leaf(2));
}
