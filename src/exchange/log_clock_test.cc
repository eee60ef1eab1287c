#include "exchange/log_clock.h"

#include "exchange/internal/access_world.h"

using namespace idun;
using namespace idun::exchange;
using std::chrono::milliseconds;

TEST_CASE("an entry's time is wrong when it is to come, or before the log had it; else nothing is said") {
    constexpr milliseconds kWithin{60'000};
    const Instant now{10'000'000};
    struct Row {
        const char* what;
        std::int64_t entry, none_before;  // ms; none_before 0: not known
        std::int64_t off;                 // 0: it is right
    };
    const Row rows[] = {
        {"now", 10'000'000, 0, 0},
        {"old, and it may have waited", 1'000, 0, 0},
        {"a minute to come", 10'060'000, 0, 0},
        {"more than a minute to come", 10'060'001, 0, 60'001},
        {"to come, whatever was there before", 10'600'000, 9'999'000, 600'000},
        {"written since", 9'999'500, 9'999'000, 0},
        {"a minute before the log had it", 9'939'000, 9'999'000, 0},
        {"more than a minute before the log had it", 9'938'999, 9'999'000, -60'001},
        {"a day before", 9'999'000 - 86'400'000, 9'999'000, -86'400'000},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto none_before = row.none_before == 0 ? std::nullopt : std::optional(Instant{row.none_before});
        CHECK(clock_off(Instant{row.entry}, now, none_before, kWithin).value_or(milliseconds(0)).count() == row.off);
    }
}

TEST_CASE(
    "a node whose clock is fast is named with when, how often and by how much; when it is right again that stays") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    CHECK(!f.account().clock);
    const Instant first = f.clock.now();
    auto fast = f.at_node(1, "", "b");
    fast.access.time = f.clock.now() + std::chrono::minutes(10);
    REQUIRE(f.ship({fast}, 1, 2));
    f.clock.advance(milliseconds(500));
    auto faster = f.at_node(2, "", "c");
    faster.access.time = f.clock.now() + std::chrono::minutes(11);
    REQUIRE(f.ship({faster}, 2, 3));
    LogAccount account = f.account();
    REQUIRE(account.clock);
    CHECK(account.clock->first - first <= milliseconds(1));
    CHECK(account.clock->last == f.clock.now());
    CHECK(account.clock->count == 2);
    CHECK(account.clock->index == 2);
    CHECK(account.clock->off == std::chrono::minutes(11));
    CHECK(account.clock_wrong);
    CHECK(!account.complete());
    CHECK(f.view->incomplete(f.eva, {})->size() == 1);
    f.restart();
    f.clock.advance(f.bounds.silent_after + milliseconds(1));
    REQUIRE(f.ship({f.at_node(3, "", "d")}, 3, 4));
    account = f.account();
    CHECK(!account.clock_wrong);
    CHECK(account.complete());
    REQUIRE(account.clock);  // the times that it wrote stay what they are, and the person goes on to read why
    CHECK(account.clock->count == 2);
    CHECK(f.view->incomplete(f.eva, {})->size() == 1);
}

TEST_CASE(
    "a node whose clock is slow is named by entries from before the log had them, and not by entries that waited") {
    AccessWorld f;
    auto waited = f.at_node(0, "", "a");
    waited.access.time = f.clock.now() - std::chrono::hours(72);
    REQUIRE(f.ship({waited}, 0, 2));  // its first shipment: nobody knows since when these were there
    REQUIRE(f.ship({f.at_node(1, "", "b")}, 1, 2));
    CHECK(!f.account().clock);
    auto slow = f.at_node(2, "", "c");
    slow.access.time = f.clock.now() - std::chrono::hours(1);
    REQUIRE(f.ship({slow}, 2, 3));
    const LogAccount account = f.account();
    REQUIRE(account.clock);
    CHECK(account.clock->off < milliseconds(-3'590'000));
    CHECK(account.clock_wrong);
}

TEST_CASE("a word of the node's that is not valid yet names its clock too, if it is off by more than clocks may be") {
    AccessWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    REQUIRE(f.view->note_clock_ahead("SE1", f.clock.now() + std::chrono::seconds(60)));
    CHECK(!f.account().clock);
    REQUIRE(f.view->note_clock_ahead("SE1", f.clock.now() + std::chrono::seconds(61)));
    REQUIRE(f.account().clock);
    CHECK(f.account().clock->off == std::chrono::seconds(61));
    CHECK(f.account().clock->index == 1);
}
