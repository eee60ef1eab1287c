#include "exchange/access_view.h"

#include <doctest/doctest.h>

#include "exchange/implied.h"
#include <map>

#include "ledger/file_system.h"
#include "exchange/access_erasure.h"
#include "exchange/ticket_book.h"
#include "ledger/succession.h"
#include "trust/ticket.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'795'428'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log =
        *ledger::Ledger::open(temporary.folder.path + "/log", "hub", key, ledger::system_files(), clock);
    int tickets = 0;
    AccountBounds bounds{std::chrono::minutes(5), std::chrono::minutes(10)};
    crypto::SigningKey node_key = crypto::SigningKey::generate(system_random());
    std::map<std::pair<std::string, std::uint64_t>, ledger::Access> served;
    std::map<std::pair<std::string, std::string>, std::uint64_t> met;                           // by log and person
    std::map<std::pair<std::string, std::uint64_t>, std::pair<std::string, std::uint64_t>> as;  // by log and index
    crypto::Pseudonym eva, adam;
    std::unique_ptr<AccessView> view;

    Fixture() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
        restart();
    }
    void restart() { view = std::make_unique<AccessView>(*temporary.store, *log, clock, bounds); }

    ledger::Access access(const crypto::Pseudonym& person, ledger::Action action, const std::string& request) {
        clock.advance(std::chrono::milliseconds(1));
        ledger::Access out;
        out.time = clock.now();
        out.action = action;
        out.person = person;
        out.requester.user_id = "anna";
        out.request_id = request;
        return out;
    }
    void gathering(const crypto::Pseudonym& person, const std::string& request, const std::string& state, bool permit = true) {
        ledger::Access one = access(person, ledger::Action::gather, request);
        one.permit = permit;
        const std::string ticket = state == "asked" ? std::to_string(++tickets) + "-x" : "";
        if (!state.empty()) one.sources.push_back({"SE1", state, ticket, 0});
        REQUIRE(log->append(one));
    }
    ledger::ShippedEntry at_node(std::uint64_t index, const std::string& ticket, const std::string& request) {
        ledger::ShippedEntry out{.index = index, .hash = {}, .access = access(eva, ledger::Action::read, request)};
        out.hash = leaf(index);
        out.access.ticket_id = ticket;
        out.access.records = {{"Condition", "c" + std::to_string(index), "1", "diagnosis", "SE1"}};
        return out;
    }
    // The node's tree, of which at_node() gives the leaves.
    static crypto::Hash leaf(std::uint64_t index) {
        crypto::Hash out;
        out.bytes.fill(static_cast<std::uint8_t>(index + 1));
        return out;
    }
    static Result<crypto::Hash> subtree(unsigned level, std::uint64_t index) {
        if (level == 0) return leaf(index);
        return crypto::node_hash(*subtree(level - 1, 2 * index), *subtree(level - 1, 2 * index + 1));
    }
    std::string checkpoint(std::uint64_t size, const std::string& log_id = "SE1") const {
        crypto::CompactRange range;
        for (std::uint64_t i = 0; i < size; ++i) range.append(leaf(i));
        return ledger::sign_checkpoint(node_key, {log_id, size, range.root()});
    }
    // How-manieth an entry is about its person, as an honest node counts: again the same.
    void count(const std::string& log_id, ledger::ShippedEntry& entry) {
        if (!entry.open || !entry.access.person || entry.sequence != 0) return;
        const std::string person = entry.access.person->text();
        auto& said = as[{log_id, entry.index}];
        if (said.first != person) said = {person, ++met[{log_id, person}]};
        entry.sequence = said.second;
    }
    // As an honest node ships them, in a log of `size` entries.
    ledger::Shipment shipment(std::vector<ledger::ShippedEntry> entries, std::uint64_t first, std::uint64_t size,
                              const std::string& log_id = "SE1") {
        ledger::Shipment out{.log_id = log_id, .first = first, .size = size, .checkpoint = checkpoint(size, log_id)};
        const std::uint64_t end = first + entries.size();
        if (end > 0 && end < size) out.proof = *crypto::consistency_proof(end, size, subtree);
        for (auto& entry : entries) count(log_id, entry);
        for (const auto& entry : entries)
            if (entry.open) served.try_emplace({log_id, entry.index}, entry.access);
        for (const auto& [place, access] : served)
            if (place.first == log_id && place.second < end) out.served.add(access);
        out.entries = std::move(entries);
        return out;
    }
    Result<std::uint64_t> take(const ledger::Shipment& one) { return view->take(one, crypto::KeySet(node_key.public_key())); }
    Result<std::uint64_t> ship(std::vector<ledger::ShippedEntry> entries, std::uint64_t first, std::uint64_t size) {
        return take(shipment(std::move(entries), first, size));
    }
    Result<std::uint64_t> next_of(const std::string& log_id) { return view->progress(log_id)->next; }
    // The end of a gathering in which SE1 answered with the receipt of its entry `index`.
    void answered(const std::string& request, std::uint64_t index) {
        ledger::Access one = access(eva, ledger::Action::gather, request);
        one.sources.push_back({"SE1", "answered", ledger::Receipt{"SE1", index, index + 1, {}, std::string(ledger::kNoteSignatureBytes, 's')}.text(), 1});
        REQUIRE(log->append(one));
    }
    LogAccount account() {
        const auto all = *view->accounts();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    std::string faults() {
        std::string out;
        for (const FaultSeen& seen : account().faults) out += std::string(to_string(seen.fault)) + " ";
        return out;
    }
    AccessFilter filter;
    AccessView::Page page(const std::string& after = "", std::size_t count = 10) { return *view->about(eva, filter, after, count); }
    std::string shown() {
        std::string out;
        for (const auto& one : page().seen) out += one.receipt.log_id + std::to_string(one.receipt.index) + " ";
        return out;
    }
};

bool is_conflict(const Result<std::uint64_t>& result) {
    return !result && result.error().category == Category::conflict;
}

}  // namespace

TEST_CASE("a gathering is one row: how it ended, or that it was begun") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    CHECK(f.page().seen.size() == 1);
    f.gathering(f.adam, "b", "asked");
    f.gathering(f.eva, "a", "answered");
    f.gathering(f.eva, "c", "");
    const auto seen = f.page().seen;
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].access.request_id == "c");
    CHECK(seen[1].access.sources.at(0).state == "answered");
}

TEST_CASE("a denied question hides nothing, whatever it calls itself") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    f.gathering(f.eva, "a", "", false);
    CHECK(f.page().seen.size() == 2);
}

TEST_CASE("an end that is read after a restart still takes the place of its beginning") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    CHECK(f.page().seen.size() == 1);
    f.restart();
    f.gathering(f.eva, "a", "answered");
    const auto seen = f.page().seen;
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].access.sources.at(0).state == "answered");
}

TEST_CASE("pages go on where the last one ended, and show nothing twice, whatever is shipped meanwhile") {
    Fixture f;
    const auto early = f.at_node(0, "", "early");
    for (const char* request : {"a", "b", "c"}) {
        f.gathering(f.eva, request, "asked");
        f.gathering(f.eva, request, "answered");
    }
    std::string order, after;
    do {
        const AccessView::Page page = f.page(after, 1);
        REQUIRE(page.seen.size() == 1);
        order += page.seen[0].access.request_id + " ";
        after = page.next;
        if (order == "c ") CHECK(f.ship({early, f.at_node(1, "", "late")}, 0, 2));
    } while (!after.empty());
    CHECK(order == "c b a early ");
    CHECK(!f.view->about(f.eva, {}, "zz", 1));
    CHECK(!f.view->about(f.eva, {}, "00", 1));
}

TEST_CASE("entries of a node stand in the list, and those of a gathering's tickets within the gathering") {
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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

TEST_CASE("an entry that is not what its receipt stood for does not account for it") {
    Fixture f;
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
    Fixture f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 3));
    CHECK(f.account().complete());
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.account().behind);
    CHECK(!f.account().silent);
    CHECK(f.view->incomplete({"SE1", "SE2"})->size() == 1);
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

TEST_CASE("a list is searched by time, who, where, what and why") {
    Fixture f;
    auto first = f.at_node(0, "", "a");
    auto second = f.at_node(1, "", "b");
    second.access.requester = {"bertil", "Bertil", "clinician", "SE9", ""};
    second.access.purpose = "TREAT";
    second.access.break_glass = ledger::BreakGlass{"g", "life"};
    second.access.records[0].category = "image";
    auto third = f.at_node(2, "", "c");
    third.access.action = ledger::Action::update;
    third.access.permit = false;
    REQUIRE(f.ship({first, second, third}, 0, 3));
    f.gathering(f.eva, "g", "answered");
    const auto found = [&](const AccessFilter& filter) {
        f.filter = filter;
        const std::string out = f.shown();
        f.filter = {};
        return out;
    };
    CHECK(found({}) == "hub0 SE12 SE11 SE10 ");
    CHECK(found({.users = {"bertil"}}) == "SE11 ");
    CHECK(found({.users = {"bertil", "nobody"}}) == "SE11 ");
    CHECK(found({.providers = {"SE9"}}) == "SE11 ");
    CHECK(found({.logs = {"hub"}}) == "hub0 ");
    CHECK(found({.categories = {"image"}}) == "SE11 ");
    CHECK(found({.purposes = {"TREAT"}}) == "SE11 ");
    CHECK(found({.break_glass = true}) == "SE11 ");
    CHECK(found({.break_glass = false}) == "hub0 SE12 SE10 ");
    CHECK(found({.permit = false}) == "SE12 ");
    CHECK(found({.actions = {ledger::Action::update}}) == "SE12 ");
    CHECK(found({.from_ms = second.access.time.ms, .to_ms = third.access.time.ms}) == "SE11 ");
    CHECK(found({.from_ms = third.access.time.ms, .to_ms = second.access.time.ms}).empty());
    CHECK(found({.users = {"anna"}, .purposes = {"TREAT"}}).empty());
}

TEST_CASE("a gathering is found by the categories of its parts, and its entries stand singly in the export") {
    Fixture f;
    f.gathering(f.eva, "g", "asked");
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), f.at_node(1, "1-x", "g")}, 0, 2));
    f.gathering(f.eva, "g", "answered");
    f.filter.categories = {"diagnosis"};
    CHECK(f.shown() == "hub1 ");
    f.filter.categories = {"image"};
    CHECK(f.shown().empty());
    const auto all = *f.view->every_entry(f.eva, "", 10);
    std::string singly;
    for (const auto& one : all.seen) singly += one.receipt.log_id + std::to_string(one.receipt.index) + " ";
    CHECK(singly.size() == std::string("hub1 hub0 SE10 SE11 ").size());
    for (const char* each : {"hub1 ", "hub0 ", "SE10 ", "SE11 "}) CHECK(singly.find(each) != std::string::npos);
    CHECK(all.seen[0].access.records.empty());
}

TEST_CASE("what is withheld is in no list until it is lifted, a gathering with all its parts, and is counted") {
    Fixture f;
    f.gathering(f.eva, "g", "asked");
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), f.at_node(1, "", "own")}, 0, 2));
    f.gathering(f.eva, "g", "answered");
    CHECK(f.shown() == "hub1 SE11 ");
    const auto part = **f.view->find("SE1", 0), own = **f.view->find("SE1", 1), ended = **f.view->find("hub", 1);
    const auto why = [](const LoggedEntry& one) {
        return Withholding{one.log_id, one.entry.index, "risk", "D-1", "officer", {1}, {}, ""};
    };
    REQUIRE(f.view->withhold(part, why(part)));
    CHECK(f.shown() == "SE11 ");
    CHECK(f.view->every_entry(f.eva, "", 10)->seen.size() == 1);
    CHECK(*f.view->is_withheld(ended));
    CHECK(!*f.view->is_withheld(own));
    CHECK(!f.view->withhold(ended, why(ended)));  // it is already
    CHECK(!f.view->lift(own, "D-2"));
    REQUIRE(f.view->withhold(own, why(own)));
    CHECK(f.shown().empty());
    REQUIRE(f.view->lift(ended, "D-2"));
    CHECK(f.shown() == "hub1 ");
    const auto all = *f.view->withheld(10);
    REQUIRE(all.size() == 2);
    CHECK((all[0].lifted.has_value() != all[1].lifted.has_value()));
    auto again = why(ended);
    again.since = {2};
    REQUIRE(f.view->withhold(ended, again));
    CHECK(f.view->withheld(10)->size() == 3);
    CHECK(f.shown().empty());
}

TEST_CASE("an access is shown for three years at least, and then its rows go") {
    Fixture f;
    rights::RuleTable table;
    table.log_years = 3;
    f.gathering(f.eva, "g", "asked");
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), f.at_node(1, "", "own")}, 0, 2));
    f.gathering(f.eva, "g", "answered");
    f.clock.advance(std::chrono::hours(24 * 1096));  // three years, whichever
    CHECK(*f.view->purge(table) == 0);
    CHECK(f.shown() == "hub1 SE11 ");
    f.gathering(f.eva, "young", "answered");
    f.clock.advance(std::chrono::hours(25 + 2 * 24));
    CHECK(*f.view->purge(table) == 4);
    CHECK(f.shown() == "hub2 ");
    CHECK(!*f.view->find("SE1", 0));
    CHECK(*f.view->purge(table) == 0);
    f.restart();
    CHECK(f.shown() == "hub2 ");
    CHECK(f.next_of("SE1") == 2);
    const auto gone = *f.view->purged();
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].rule == "standard");
    CHECK(gone[0].entries == 4);
}

TEST_CASE("entries go by the rule of their origin and category, wherever they stand in the log, and a new table begins anew") {
    Fixture f;
    rights::RuleTable table;
    table.version = "one";
    table.log_years = 4;
    table.logs = {{.name = "glass", .origins = {"break-glass"}, .years = 20}, {.name = "images", .categories = {"imaging"}, .years = 3}};
    auto glass = f.at_node(0, "", "a");
    glass.access.break_glass = ledger::BreakGlass{"g", "life"};
    auto image = f.at_node(1, "", "b"), other = f.at_node(2, "", "c"), last = f.at_node(3, "", "d");
    image.access.records[0].category = last.access.records[0].category = "imaging";
    REQUIRE(f.ship({glass, image, other, last}, 0, 4));
    const auto after_years = [&](int years) {
        f.clock.advance(std::chrono::hours(24 * 366 * years + 1));
        while (*f.view->purge(table) > 0) {}
        return f.shown();
    };
    CHECK(after_years(2) == "SE13 SE12 SE11 SE10 ");
    CHECK(after_years(1) == "SE12 SE10 ");
    CHECK(after_years(1) == "SE10 ");
    const auto gone = *f.view->purged();
    REQUIRE(gone.size() == 2);
    CHECK(gone[0].rule == "images");
    CHECK(gone[0].entries == 2);
    CHECK(gone[1].rule == "standard");
    CHECK(gone[1].newest == other.access.time);
    table.version = "two";
    table.logs[0].years = 4;
    while (*f.view->purge(table) > 0) {}
    CHECK(f.shown().empty());
}

TEST_CASE("a checkpoint that the node has not signed, of another log or size, is refused and named") {
    Fixture f;
    const auto good = f.shipment({f.at_node(0, "", "a")}, 0, 1);
    auto stranger = good;
    stranger.checkpoint = ledger::sign_checkpoint(f.key, {"SE1", 1, Fixture::leaf(0)});
    auto other_log = good;
    other_log.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE2", 1, Fixture::leaf(0)});
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
    Fixture f;
    auto moved = f.shipment({f.at_node(0, "", "a"), f.at_node(1, "", "b")}, 0, 2);
    std::swap(moved.entries[0].hash, moved.entries[1].hash);
    CHECK(is_conflict(f.take(moved)));
    auto longer = f.shipment({f.at_node(0, "", "a")}, 0, 3);
    longer.proof.pop_back();
    CHECK(is_conflict(f.take(longer)));
    auto unproven = f.shipment({f.at_node(0, "", "a")}, 0, 3);
    unproven.entries[0].hash = Fixture::leaf(7);
    CHECK(is_conflict(f.take(unproven)));
    CHECK(f.shown().empty());
    CHECK(f.faults() == "unfit ");
    CHECK(f.account().faults[0].checkpoint == f.checkpoint(3));
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 3));
    CHECK(f.shown() == "SE10 ");
}

TEST_CASE("two signed logs of one size are a fork, and the second checkpoint is kept against its owner") {
    Fixture f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    auto forked = f.shipment({}, 1, 1);
    forked.checkpoint = ledger::sign_checkpoint(f.node_key, {"SE1", 1, Fixture::leaf(9)});
    CHECK(is_conflict(f.take(forked)));
    CHECK(f.faults() == "forked ");
    CHECK(f.account().faults[0].checkpoint == forked.checkpoint);
    CHECK(f.account().progress.checkpoint == f.checkpoint(1));
}

TEST_CASE("tickets are numbered for each node, and none is used twice, however the hub ends") {
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
    const auto met = [&](std::uint64_t index, std::uint64_t sequence) {
        auto out = f.at_node(index, "", "r" + std::to_string(index));
        out.sequence = sequence;
        return out;
    };
    const auto closed = [&](std::uint64_t index, ledger::Kind kind) {
        ledger::ShippedEntry out{.index = index, .hash = Fixture::leaf(index), .open = false, .kind = kind, .access = {}};
        if (kind == ledger::Kind::forgotten) out.decision = "D-1";
        return out;
    };
    // After a forgotten beginning of which nothing was shipped while it could be read.
    std::vector<ledger::ShippedEntry> beginning;
    for (std::uint64_t i = 0; i < 6; ++i) beginning.push_back(closed(i, ledger::Kind::person));
    beginning.push_back(met(6, 7));
    beginning.push_back(met(7, 8));
    REQUIRE(f.ship(beginning, 0, 8));
    CHECK(f.faults().empty());
    REQUIRE(f.ship({closed(8, ledger::Kind::forgotten), met(9, 1)}, 8, 10));
    CHECK(f.faults().empty());
    REQUIRE(f.ship({closed(10, ledger::Kind::person), met(11, 3)}, 10, 12));
    CHECK(f.faults() == "hidden ");
    CHECK(f.account().faults[0].index == 11);
    REQUIRE(f.ship({met(12, 1)}, 12, 13));
    CHECK(f.account().faults[0].count == 2);
    CHECK(f.account().progress.closed == 7);
    REQUIRE(f.ship({met(13, 2)}, 13, 14));
    CHECK(f.account().faults[0].count == 2);
}

TEST_CASE("the first entry about a person that opens is her first, or as many came closed, and the log says why") {
    const auto met = [](Fixture& f, std::uint64_t index, std::uint64_t sequence) {
        auto out = f.at_node(index, "", "r" + std::to_string(index));
        out.sequence = sequence;
        return out;
    };
    const ledger::ShippedEntry closed{.index = 0, .hash = Fixture::leaf(0), .open = false, .kind = ledger::Kind::person, .access = {}};
    Fixture later;
    REQUIRE(later.ship({met(later, 0, 2)}, 0, 1));
    CHECK(later.faults() == "hidden ");
    Fixture more;
    REQUIRE(more.ship({closed, met(more, 1, 3)}, 0, 2));
    CHECK(more.faults() == "hidden ");
    Fixture silent;
    REQUIRE(silent.ship({closed, met(silent, 1, 2)}, 0, 2));
    CHECK(silent.faults().empty());
    REQUIRE(silent.ship({met(silent, 2, 3)}, 2, 3));  // nothing says that keys were forgotten
    CHECK(silent.faults() == "hidden ");
    Fixture uncounted;
    auto shipment = uncounted.shipment({met(uncounted, 0, 1)}, 0, 1);
    shipment.entries[0].sequence = 0;
    REQUIRE(uncounted.take(shipment));
    CHECK(uncounted.faults() == "hidden ");
}

TEST_CASE("an owner who states fewer accesses than came, or more than can be, is named") {
    Fixture f;
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
    Fixture f;
    REQUIRE(f.ship({f.at_node(0, "", "a"), f.at_node(1, "", "b")}, 0, 2));
    const auto root = f.view->progress("SE1")->tree.root();
    const auto beginning = [&](const ledger::Succession& said, const std::string& log_id = "SE1.log2") {
        ledger::ShippedEntry out{.index = 0, .hash = Fixture::leaf(0), .access = ledger::access_of(said, f.clock.now())};
        return f.shipment({out, f.at_node(1, "", "c")}, 0, 2, log_id);
    };
    const ledger::Succession said{{"SE1", 2, root}, {"SE1", 1, Fixture::leaf(0)}};
    auto other_size = said, other_root = said, other_log = said;
    other_size.shipped.size = other_size.kept.size = 1;
    other_root.shipped.root = Fixture::leaf(3);
    other_log.shipped.log_id = other_log.kept.log_id = "SE9";
    for (const auto& bad : {other_size, other_root, other_log}) {
        f.served.clear();
        CHECK(is_conflict(f.take(beginning(bad))));
    }
    CHECK(is_conflict(f.take(f.shipment({f.at_node(0, "", "x")}, 0, 1, "SE1.log2"))));
    // Numbered without a gap: no log may be said to have been in between.
    f.served.clear();
    CHECK(is_conflict(f.take(beginning(said, "SE1.log3"))));
    f.served.clear();
    REQUIRE(f.take(beginning(said)));
    CHECK(f.shown() == "SE1.log21 SE11 SE10 ");
    CHECK(*f.view->newest_log("SE1") == "SE1.log2");
    CHECK(is_conflict(f.ship({f.at_node(2, "", "d")}, 2, 3)));
    const auto incomplete = *f.view->incomplete({"SE1"});
    REQUIRE(incomplete.size() == 1);
    CHECK(incomplete[0].progress.successor == "SE1.log2");
    CHECK(incomplete[0].faults.at(0).fault == LogFault::cut_back);
    CHECK(incomplete[0].faults.at(0).index == 1);
    CHECK(!incomplete[0].silent);
}

TEST_CASE("what the law orders to be erased goes from the hub, of all logs, and nobody else's") {
    Fixture f;
    f.gathering(f.eva, "g", "asked");
    f.gathering(f.eva, "lost", "asked");
    f.answered("g", 5);
    auto others = f.at_node(1, "", "x");
    others.access.person = f.adam;
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), others, f.at_node(2, "", "own")}, 0, 3));
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.view->missing(f.eva, 10)->size() == 1);
    CHECK(f.view->unanswered(f.eva, 10)->size() == 1);
    CHECK(*erase_accesses(*f.temporary.store, f.eva) > 0);
    CHECK(f.shown().empty());
    CHECK(f.view->missing(f.eva, 10)->empty());
    CHECK(f.view->unanswered(f.eva, 10)->empty());
    CHECK(f.account().missing == 0);
    CHECK(f.account().unanswered == 0);
    CHECK(!*f.view->find("SE1", 0));
    CHECK(f.view->about(f.adam, {}, "", 10)->seen.size() == 1);
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), others}, 0, 3));  // sent again
    CHECK(f.shown().empty());
    CHECK(*erase_accesses(*f.temporary.store, f.eva) == 0);
    REQUIRE(f.ship({f.at_node(3, "", "later")}, 3, 4));  // her third there
    CHECK(f.faults().empty());
}

TEST_CASE("what one user did is found in all logs, and a log is read entry by entry") {
    Fixture f;
    auto other = f.at_node(1, "", "b");
    other.access.person = f.adam;
    REQUIRE(f.ship({f.at_node(0, "", "a"), other, f.at_node(2, "", "c")}, 0, 3));
    f.gathering(f.adam, "g", "answered");
    const auto first = *f.view->by_user("anna", {}, "", 3);
    REQUIRE(first.seen.size() == 3);
    CHECK(first.seen[0].receipt.log_id == "hub");
    const auto rest = *f.view->by_user("anna", {}, first.next, 3);
    CHECK(rest.seen.size() == 1);
    CHECK(rest.next.empty());
    CHECK(f.view->by_user("bertil", {}, "", 3)->seen.empty());
    const auto page = *f.view->of_log("SE1", {}, "", 2);
    CHECK(page.seen.size() == 2);
    CHECK(page.next == "2");
    CHECK(f.view->of_log("SE1", {}, "2", 2)->seen.size() == 1);
    CHECK(f.view->of_log("SE1", {}, "two", 2).error().category == Category::invalid);
    AccessFilter gatherings;
    gatherings.actions = {ledger::Action::gather};
    CHECK(f.view->by_user("anna", gatherings, "", 3)->seen.size() == 1);
    CHECK(f.view->of_log("SE1", gatherings, "", 3)->seen.empty());
    std::size_t count = 0;
    const auto visit = [&](const LoggedEntry&) { return ++count > 0; };
    CHECK(*f.view->each_since({0}, 100, visit));
    CHECK(count == 4);
    CHECK(!*f.view->each_since({0}, 2, visit));
    count = 0;
    CHECK(*f.view->each_since(other.access.time, 100, visit));
    CHECK(count == 4);
}

TEST_CASE("what follows from an entry is in the commit that takes it in: once, and not lost when it dies before") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    f.gathering(f.eva, "a", "answered");
    const auto followed = [&](bool dies) {
        std::string out;
        f.restart();
        f.view->follow_with({[&](Draft& draft, const LoggedEntry& one, bool own) {
                                 if (own && is_told(one.entry.access, own)) out += std::to_string(one.entry.index) + " ";
                                 if (dies) draft.put(std::string(store::kKeyBytesMax + 1, 'k'), "");  // then nothing is committed
                             },
                             [] {}});
        CHECK(f.view->come_up_to_date().has_value() == !dies);
        return out;
    };
    CHECK(followed(true) == "0 ");
    CHECK(followed(true) == "0 ");
    CHECK(followed(false) == "0 ");
    CHECK(followed(false).empty());
    f.gathering(f.adam, "b", "");
    f.gathering(f.adam, "c", "asked", false);
    CHECK(followed(false) == "2 ");
}

TEST_CASE("who is told of what, and which care relations are declared") {
    ledger::Access access;
    access.action = ledger::Action::gather;
    access.requester = {"anna", "Anna", "clinician", "SE1", "U1"};
    access.care_relation = true;
    CHECK(!is_told(access, true));  // about nobody
    access.person.emplace();
    CHECK(is_told(access, true));
    CHECK(declared_in(access, true)->user_id == "anna");
    CHECK(!declared_in(access, false));
    access.sources = {{"SE2", "asked", "", 0}};
    CHECK(is_told(access, true));
    access.sources = {{"SE2", "answered", "", 1}};
    CHECK(!is_told(access, true));  // its end
    access.sources.clear();
    access.permit = false;
    CHECK(!is_told(access, true));
    access.permit = true;
    access.requester.role = "representative";
    CHECK(is_told(access, true));
    CHECK(!declared_in(access, true));
    for (const char* role : {"patient", "supervisor"}) {
        access.requester.role = role;
        CHECK(!is_told(access, true));
    }
    access.requester.role = "clinician";
    access.action = ledger::Action::search;
    CHECK(!is_told(access, true));
    CHECK(is_told(access, false));
    access.query = kPointersQuery;
    CHECK(is_told(access, true));
    access.requester.role = "system";
    CHECK(!is_told(access, false));
}

TEST_CASE("rows of another form are refused with both forms' numbers") {
    Fixture f;
    REQUIRE(open_access_rows(*f.temporary.store));
    REQUIRE(open_access_rows(*f.temporary.store));
    store::TemporaryStore older;
    store::Batch batch;
    batch.put(progress_key("SE1"), "");
    REQUIRE(older.store->commit(std::move(batch)));
    const Status refused = open_access_rows(*older.store);
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unsupported);
    CHECK(refused.error().message.find("form 1") != std::string::npos);
}

TEST_CASE("an entry's rows give back what they were made of") {
    Fixture f;
    ledger::ShippedEntry entry = f.at_node(0, "", "r");
    ledger::Access& access = entry.access;
    access.requester = {"anna", "Anna Ek", "clinician", "SE1", "SE1-U"};
    access.on_behalf_of = "bo";
    access.purpose = "TREAT";
    access.care_relation = true;
    access.break_glass = ledger::BreakGlass{"g", "life"};
    access.store_version = 1'000'000'007;
    access.query = "code";
    entry.sequence = 300;
    ledger::ShippedEntry nobody{.index = 1, .hash = f.leaf(1), .access = f.access(f.eva, ledger::Action::login, "")};
    nobody.access.person.reset();
    ledger::ShippedEntry shut{.index = 2, .hash = f.leaf(2), .open = false, .kind = ledger::Kind::person, .access = {}};
    ledger::ShippedEntry forgotten{.index = 3, .hash = f.leaf(3), .open = false, .kind = ledger::Kind::forgotten, .decision = "D-7", .access = {}};
    REQUIRE(f.ship({entry, nobody, shut, forgotten}, 0, 4));
    for (const ledger::ShippedEntry* one : {&entry, &nobody, &shut, &forgotten}) {
        auto found = f.view->find("SE1", one->index);
        REQUIRE(found);
        REQUIRE(found->has_value());
        CHECK(f.view->hash_of("SE1", one->index)->value() == one->hash);
        (*found)->entry.hash = one->hash;
        CHECK((*found)->entry == *one);
        CHECK((*found)->log_id == "SE1");
    }
    entry.marks = ledger::kSameFamilyName;
    CHECK(f.ship({entry, nobody, shut, forgotten}, 0, 4));  // repeats, with another mark
    forgotten.decision = "D-8";
    CHECK(f.ship({entry, nobody, shut, forgotten}, 0, 4));  // what cannot be opened is told by its hash
    entry.access.query = "date";
    CHECK(is_conflict(f.ship({entry, nobody, shut, forgotten}, 0, 4)));
}

TEST_CASE("a search finds by head what a look at the whole entry finds") {
    Fixture f;
    const std::vector<std::string> words{"imaging", "test-result", "diagnosis", "other"};
    std::vector<ledger::ShippedEntry> entries;
    for (std::uint64_t i = 0; i < 200; ++i) {
        ledger::ShippedEntry one = f.at_node(i, "", "");
        one.access.requester.user_id = "u" + std::to_string(i % 7);
        one.access.requester.provider_id = "SE" + std::to_string(i % 3);
        one.access.purpose = i % 5 == 0 ? "ETREAT" : "TREAT";
        one.access.permit = i % 11 != 0;
        one.access.action = i % 4 == 0 ? ledger::Action::search : ledger::Action::read;
        one.access.records = {{"Condition", "c", "1", words[i % 4], "SE1"}};
        if (i % 9 == 0) one.access.break_glass = ledger::BreakGlass{"g", "life"};
        entries.push_back(one);
    }
    REQUIRE(f.ship(entries, 0, 200));
    std::vector<AccessFilter> filters(9);
    filters[1].users = {"u3", "u4"};
    filters[2].providers = {"SE2"};
    filters[3].purposes = {"ETREAT"};
    filters[4].permit = false;
    filters[5].break_glass = true;
    filters[6].categories = {"imaging", "diagnosis"};
    filters[7].actions = {ledger::Action::search};
    filters[8] = {.users = {"u1"}, .categories = {"somewhat"}, .break_glass = false};
    for (const AccessFilter& filter : filters) {
        std::size_t expected = 0;
        for (const auto& one : entries) expected += filter.admits(one.access, "SE1") && filter.admits_categories(one.access);
        CHECK(f.view->about(f.eva, filter, "", 1000)->seen.size() == expected);
    }
    AccessFilter elsewhere;
    elsewhere.logs = {"SE2"};
    CHECK(f.view->about(f.eva, elsewhere, "", 1000)->seen.empty());
}

TEST_CASE("a gathering is found by the categories of its parts, whenever they come, and has a bounded number of them") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    ledger::ShippedEntry part = f.at_node(0, "t", "a");
    part.access.records[0].category = "imaging";
    REQUIRE(f.ship({part}, 0, 1));
    f.filter.categories = {"imaging"};
    CHECK(f.page().seen.size() == 1);
    f.gathering(f.eva, "a", "answered");  // the end takes over what is known
    CHECK(f.page().seen.size() == 1);
    f.filter.categories = {"diagnosis"};
    CHECK(f.page().seen.empty());
    std::vector<ledger::ShippedEntry> more;
    for (std::uint64_t i = 1; i <= kPartsMax + 5; ++i) more.push_back(f.at_node(i, "t", "a"));
    REQUIRE(f.ship(more, 1, kPartsMax + 6));
    CHECK(f.page().seen.size() == 7);  // the gathering and what is beyond its bound
    // Page by page every entry comes once, also where a page ends among the parts.
    for (const std::size_t at_once : {1u, 7u, 400u}) {
        std::set<std::string> all;
        std::string after;
        do {
            const auto page = *f.view->every_entry(f.eva, after, at_once);
            CHECK(page.seen.size() <= at_once);
            for (const auto& one : page.seen) CHECK(all.insert(one.receipt.log_id + std::to_string(one.receipt.index)).second);
            after = page.next;
        } while (!after.empty());
        CHECK(all.size() == kPartsMax + 6 + 2);
    }
    for (const char* bad : {"x", "00", "00.00"}) CHECK(f.view->every_entry(f.eva, bad, 3).error().category == Category::invalid);
}

TEST_CASE("an entry that says an old time hides nothing from those who count, and every log has its turn") {
    Fixture f;
    std::vector<ledger::ShippedEntry> entries;
    for (std::uint64_t i = 0; i < 1500; ++i) entries.push_back(f.at_node(i, "", ""));
    const Instant since = entries[0].access.time;
    entries.back().access.time = {1};
    REQUIRE(f.ship(entries, 0, entries.size()));
    f.gathering(f.eva, "g", "answered");
    std::map<std::string, std::size_t> seen;
    const auto visit = [&](const LoggedEntry& one) { return ++seen[one.log_id] > 0; };
    CHECK(*f.view->each_since(since, 10'000, visit));
    CHECK(seen["SE1"] == 1499);
    CHECK(seen["hub"] == 1);
    // The budget is spent on rows that were looked at, whatever their time, and not on one log alone.
    seen.clear();
    CHECK(!*f.view->each_since(since, 1200, visit));
    CHECK(seen["SE1"] == 1198);
    CHECK(seen["hub"] == 1);
    seen.clear();
    CHECK(!*f.view->each_since(since, 1500, visit));
    CHECK(*f.view->each_since(since, 1501, visit));
}

TEST_CASE("a page of large entries ends by its bytes and goes on where it ended") {
    Fixture f;
    std::vector<ledger::ShippedEntry> entries;
    for (std::uint64_t i = 0; i < 40; ++i) {
        ledger::ShippedEntry one = f.at_node(i, "", "");
        one.access.records.assign(2000, {"Condition", "c", "1", "diagnosis", "SE1"});
        entries.push_back(one);
    }
    REQUIRE(f.ship(entries, 0, entries.size()));
    const std::function<AccessView::Page(const std::string&)> lists[] = {
        [&](const std::string& after) { return *f.view->of_log("SE1", {}, after, 1000); },
        [&](const std::string& after) { return *f.view->by_user("anna", {}, after, 1000); },
        [&](const std::string& after) { return *f.view->about(f.eva, {}, after, 1000, AccessView::Sight::supervisor); }};
    for (const auto& list : lists) {
        std::set<std::uint64_t> all;
        std::size_t pages = 0;
        std::string after;
        do {
            const auto page = list(after);
            for (const auto& one : page.seen) CHECK(all.insert(one.receipt.index).second);
            after = page.next;
            ++pages;
        } while (!after.empty());
        CHECK(all.size() == 40);
        CHECK(pages == 2);
    }
}

TEST_CASE("a gathering is left out by the category of any of its parts, also of those that a list does not show") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    std::vector<ledger::ShippedEntry> parts;
    for (std::uint64_t i = 0; i <= kShownRecordsMax; ++i) parts.push_back(f.at_node(i, "t", "a"));
    parts.back().access.records[0].category = "imaging";
    rights::RuleTable rules;
    rules.logs = {{.name = "pictures", .categories = {"imaging"}, .years = 5, .hidden_from = {"representative"}}};
    f.filter.rules = &rules;
    f.filter.reader = "representative";
    CHECK(f.page().seen.size() == 1);
    REQUIRE(f.ship(parts, 0, parts.size()));
    CHECK(f.page().seen.empty());
    f.filter.reader = "supervisor";
    CHECK(f.page().seen.size() == 1);
}
