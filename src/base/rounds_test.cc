#include "base/rounds.h"

#include <doctest/doctest.h>

#include <atomic>

#include "base/log.h"

using namespace idun;
using std::chrono::milliseconds;

namespace {

bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 10'000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
}

RoundsOptions quiet() {
    log::set_level(log::Level::off);
    RoundsOptions out;
    out.failing = "it fails";
    out.again = "it works again";
    out.about = {"test", "rounds"};
    out.retry_min = milliseconds(1);
    out.retry_max = milliseconds(4);
    return out;
}

}  // namespace

TEST_CASE("rounds: the first begins by itself, later ones after their time or at a nudge") {
    ManualClock clock{{0}};
    std::atomic<int> rounds{0};
    Rounds by_time(quiet(), clock, [&]() -> Result<milliseconds> { return milliseconds(++rounds < 5 ? 0 : 3'600'000); });
    CHECK(soon([&] { return rounds == 5; }));
    by_time.nudge();
    CHECK(soon([&] { return rounds == 6; }));

    std::atomic<int> nudged{0};
    Rounds by_nudge(quiet(), clock, [&]() -> Result<milliseconds> { ++nudged; return kUntilNudged; });
    CHECK(soon([&] { return nudged == 1; }));
    std::this_thread::sleep_for(milliseconds(20));
    CHECK(nudged == 1);
    by_nudge.nudge();
    CHECK(soon([&] { return nudged == 2; }));
}

TEST_CASE("rounds: a nudge during a round is not lost") {
    ManualClock clock{{0}};
    std::atomic<int> begun{0};
    std::atomic<bool> held{true};
    Rounds rounds(quiet(), clock, [&]() -> Result<milliseconds> {
        ++begun;
        while (held) std::this_thread::sleep_for(milliseconds(1));
        return kUntilNudged;
    });
    CHECK(soon([&] { return begun == 1; }));
    rounds.nudge();
    held = false;
    CHECK(soon([&] { return begun == 2; }));
}

TEST_CASE("rounds: a failure is tried again by itself, tells its last reason after a while, and is over with a success") {
    ManualClock clock{{0}};
    std::atomic<int> rounds{0};
    std::atomic<bool> works{false};
    Rounds failing(quiet(), clock, [&]() -> Result<milliseconds> {
        ++rounds;
        if (works) return milliseconds(1);
        return fail(Category::busy, "away");
    });
    CHECK(soon([&] { return rounds > 5; }));
    CHECK(failing.healthy(milliseconds(1'000)));
    clock.advance(milliseconds(1'001));
    const Status sick = failing.healthy(milliseconds(1'000));
    REQUIRE(!sick);
    CHECK(sick.error().category == Category::busy);
    CHECK(sick.error().message == "away");
    works = true;
    CHECK(soon([&] { return failing.healthy(milliseconds(0)).has_value(); }));
}

TEST_CASE("rounds: nudges do not hurry what fails") {
    ManualClock clock{{0}};
    std::atomic<int> rounds{0};
    RoundsOptions options = quiet();
    options.retry_min = milliseconds(3'600'000);
    Rounds failing(std::move(options), clock, [&]() -> Result<milliseconds> {
        ++rounds;
        return fail(Category::busy, "away");
    });
    CHECK(soon([&] { return !failing.healthy(milliseconds(-1)); }));
    for (int i = 0; i < 20; ++i) {
        failing.nudge();
        std::this_thread::sleep_for(milliseconds(1));
    }
    CHECK(rounds == 1);
}

TEST_CASE("rounds: stopping breaks off what waits, within a round and between two") {
    ManualClock clock{{0}};
    for (const bool within : {true, false}) {
        std::atomic<bool> broken{false};
        std::atomic<int> begun{0};
        RoundsOptions options = quiet();
        options.interrupt = [&] { broken = true; };
        Rounds rounds(std::move(options), clock, [&]() -> Result<milliseconds> {
            ++begun;
            while (within && !broken) std::this_thread::sleep_for(milliseconds(1));
            return milliseconds(3'600'000);
        });
        CHECK(soon([&] { return begun == 1; }));
        rounds.stop();
        rounds.nudge();  // nobody hears it
        rounds.stop();   // once more is nothing
        CHECK(begun == 1);
    }
}
