#include "exchange/internal/access_world.h"
#include "store/person_key.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("a gathering is one row: how it ended, or that it was begun") {
    AccessWorld f;
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
    AccessWorld f;
    f.gathering(f.eva, "a", "asked");
    f.gathering(f.eva, "a", "", false);
    CHECK(f.page().seen.size() == 2);
}

TEST_CASE("an end that is read after a restart still takes the place of its beginning") {
    AccessWorld f;
    f.gathering(f.eva, "a", "asked");
    CHECK(f.page().seen.size() == 1);
    f.restart();
    f.gathering(f.eva, "a", "answered");
    const auto seen = f.page().seen;
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].access.sources.at(0).state == "answered");
}

TEST_CASE("pages go on where the last one ended, and show nothing twice, whatever is shipped meanwhile") {
    AccessWorld f;
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

TEST_CASE("a list is searched by time, who, where, what and why") {
    AccessWorld f;
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
    AccessWorld f;
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

TEST_CASE("what one user did is found in all logs, and a log is read entry by entry") {
    AccessWorld f;
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

TEST_CASE("a search finds by head what a look at the whole entry finds") {
    AccessWorld f;
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
    AccessWorld f;
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
    AccessWorld f;
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
    AccessWorld f;
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
    AccessWorld f;
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
    const LoggedEntry gathering = **f.view->find("hub", 0);
    const LoggedEntry first_part = **f.view->find("SE1", 0);
    CHECK(*f.view->left_out(gathering, f.filter));
    CHECK(*f.view->left_out(first_part, f.filter));
    f.filter.reader = "supervisor";
    CHECK(f.page().seen.size() == 1);
    CHECK_FALSE(*f.view->left_out(gathering, f.filter));
}

TEST_CASE("a category of the nation's own words leaves a gathering out as well") {
    AccessWorld f;
    f.gathering(f.eva, "a", "asked");
    std::vector<ledger::ShippedEntry> parts;
    for (std::uint64_t i = 0; i <= kShownRecordsMax; ++i) parts.push_back(f.at_node(i, "t", "a"));
    parts.back().access.records[0].category = "psychiatry";
    rights::RuleTable rules;
    rules.logs = {{.name = "mind", .categories = {"psychiatry"}, .years = 5, .hidden_from = {"representative"}}};
    f.filter.rules = &rules;
    f.filter.reader = "representative";
    REQUIRE(f.ship({parts.begin(), parts.end() - 1}, 0, parts.size() - 1));
    const LoggedEntry first_part = **f.view->find("SE1", 0);
    CHECK(f.page().seen.size() == 1);
    CHECK_FALSE(*f.view->left_out(first_part, f.filter));
    REQUIRE(f.ship({parts.back()}, parts.size() - 1, parts.size()));
    CHECK(f.page().seen.empty());
    CHECK(*f.view->left_out(first_part, f.filter));
    // A walk over many asks once.
    JudgedParts judged;
    CHECK(*f.view->left_out(first_part, f.filter, judged));
    CHECK(judged.of(first_part.entry.access) == true);
    CHECK(*f.view->left_out(first_part, f.filter, judged));
    // When the gathering's time was up its parts are as hidden as before, and no more.
    store::Store& store = *f.temporary.store;
    const auto rows = (*store.snapshot())->scan(store::prefix_range(store::person_key(f.eva, 'G')));
    REQUIRE(rows->entries.size() == 1);
    store::Batch gone;
    gone.erase(rows->entries[0].key);
    REQUIRE(store.commit(std::move(gone)));
    CHECK(*f.view->left_out(first_part, f.filter));
    rules.logs = {{.name = "tests", .categories = {"test-result"}, .years = 5}, {.name = "all", .years = 5, .hidden_from = {"representative"}}};
    rules.logs.front().categories = {first_part.entry.access.records[0].category, "psychiatry"};
    CHECK_FALSE(*f.view->left_out(first_part, f.filter));
}
