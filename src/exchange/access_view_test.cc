#include "exchange/internal/access_world.h"
#include "exchange/access_erasure.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("what is withheld is in no list until it is lifted, a gathering with all its parts, and is counted") {
    AccessWorld f;
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

TEST_CASE("what is withheld for a time is there again when it is over, by itself, and may be withheld anew") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "own")}, 0, 1));
    const auto one = **f.view->find("SE1", 0);
    Withholding why{"SE1", 0, "risk", "D-1", "officer", f.clock.now(), {}, "", f.clock.now() + std::chrono::hours(24)};
    REQUIRE(f.view->withhold(one, why));
    f.clock.advance(std::chrono::hours(24) - std::chrono::milliseconds(1));
    CHECK(f.shown().empty());
    CHECK(*f.view->is_withheld(one));
    CHECK(*f.view->kept_closed(f.eva, "SE1", {0}) == std::set<std::uint64_t>{0});
    f.restart();
    CHECK(f.shown().empty());
    f.clock.advance(std::chrono::milliseconds(1));
    CHECK(f.shown() == "SE10 ");
    CHECK(!*f.view->is_withheld(one));
    CHECK(f.view->kept_closed(f.eva, "SE1", {0})->empty());
    CHECK(!f.view->lift(one, "D-2"));  // it is not withheld
    auto all = *f.view->withheld(10);
    REQUIRE(all.size() == 1);
    CHECK(all[0] == why);  // that it was, and by which decision, stays
    why.since = f.clock.now();
    why.decision = "D-3";
    why.until.reset();
    REQUIRE(f.view->withhold(one, why));
    CHECK(f.shown().empty());
    CHECK(f.view->withheld(10)->size() == 2);
    f.clock.advance(std::chrono::hours(24 * 366));
    CHECK(f.shown().empty());
    REQUIRE(f.view->lift(one, "D-4"));
    CHECK(f.shown() == "SE10 ");
}

TEST_CASE("a list that has more of the hub's log than there is takes no more of it") {
    AccessWorld f;
    f.gathering(f.eva, "g", "asked");
    CHECK(f.shown() == "hub0 ");
    LogProgress ahead;
    ahead.next = ahead.size = 7;
    Draft draft(*f.temporary.store->snapshot());
    put_progress(draft, "hub", ahead);
    REQUIRE(f.temporary.store->commit(draft.batch()));
    f.gathering(f.eva, "h", "asked");
    const auto page = f.view->about(f.eva, {}, "", 100);
    CHECK(page.error().category == Category::unavailable);
}

TEST_CASE("of a gathering that is withheld the person is not told either that some of it did not come") {
    AccessWorld f;
    f.gathering(f.eva, "lost", "asked");
    f.gathering(f.eva, "half", "asked");
    f.answered("half", 7);
    f.clock.advance(f.bounds.within + std::chrono::milliseconds(1));
    CHECK(f.view->unanswered(f.eva, 10)->size() == 1);
    CHECK(f.view->missing(f.eva, 10)->size() == 1);
    const auto lost = **f.view->find("hub", 0), half = **f.view->find("hub", 2);
    for (const LoggedEntry& one : {lost, half}) REQUIRE(f.view->withhold(one, {one.log_id, one.entry.index, "risk", "D-1", "officer", {1}, {}, ""}));
    CHECK(f.view->unanswered(f.eva, 10)->empty());
    CHECK(f.view->missing(f.eva, 10)->empty());
    const LogAccount account = f.account();  // whoever supervises sees them
    CHECK(account.unanswered == 1);
    CHECK(account.missing == 1);
    for (const LoggedEntry& one : {lost, half}) REQUIRE(f.view->lift(one, "D-2"));
    CHECK(f.view->unanswered(f.eva, 10)->size() == 1);
    CHECK(f.view->missing(f.eva, 10)->size() == 1);
}

TEST_CASE("an access is shown for three years at least, and then its rows go") {
    AccessWorld f;
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
    AccessWorld f;
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

TEST_CASE("what the law orders to be erased goes from the hub, of all logs, and nobody else's") {
    AccessWorld f;
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
