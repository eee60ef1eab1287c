#include "exchange/access_view.h"

#include <doctest/doctest.h>

#include "exchange/implied.h"
#include "ledger/file_system.h"
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
    AccountBounds bounds{std::chrono::minutes(5), std::chrono::minutes(10)};
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
        if (!state.empty()) one.sources.push_back({"SE1", state, "", 0});
        REQUIRE(log->append(one));
    }
    ledger::ShippedEntry at_node(std::uint64_t index, const std::string& ticket, const std::string& request) {
        ledger::ShippedEntry out{.index = index, .hash = {}, .access = access(eva, ledger::Action::read, request)};
        out.hash.bytes.fill(static_cast<std::uint8_t>(index + 1));
        out.access.ticket_id = ticket;
        out.access.records = {{"Condition", "c" + std::to_string(index), "1", "diagnosis", "SE1"}};
        return out;
    }
    Result<std::uint64_t> ship(std::vector<ledger::ShippedEntry> entries, std::uint64_t first, std::uint64_t size) {
        return view->take({"SE1", first, size, "checkpoint", std::move(entries)});
    }
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
    CHECK(*f.view->next_of("SE1") == 2);
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
    f.gathering(f.eva, "g", "asked");
    REQUIRE(f.ship({f.at_node(0, "1-x", "g"), f.at_node(1, "", "own")}, 0, 2));
    f.gathering(f.eva, "g", "answered");
    CHECK(!f.view->purge(kAccessesKeptMin - std::chrono::hours(24)));
    f.clock.advance(kAccessesKeptMin - std::chrono::hours(24));
    CHECK(*f.view->purge(kAccessesKeptMin) == 0);
    CHECK(f.shown() == "hub1 SE11 ");
    f.gathering(f.eva, "young", "answered");
    f.clock.advance(std::chrono::hours(25));
    CHECK(*f.view->purge(kAccessesKeptMin) == 4);
    CHECK(f.shown() == "hub2 ");
    CHECK(!*f.view->find("SE1", 0));
    CHECK(*f.view->purge(kAccessesKeptMin) == 0);
    f.restart();
    CHECK(f.shown() == "hub2 ");
    CHECK(*f.view->next_of("SE1") == 2);
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
