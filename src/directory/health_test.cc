#include "directory/health.h"

#include <doctest/doctest.h>

#include <random>

#include "store/faulty.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

TEST_CASE("counts slide: what is older than a window is not in it") {
    ManualClock clock(Instant{1'800'000'000'000});
    Metrics metrics;
    store::TemporaryStore temporary;
    const auto opened = *EndpointHealth::open(*temporary.store, clock, metrics);
    EndpointHealth& health = *opened;
    health.note("SE1", Answer::answered, std::chrono::milliseconds(120));
    health.note("SE1", Answer::late, std::chrono::milliseconds(2'000));
    health.note("SE2", Answer::refused, std::chrono::milliseconds(5));
    auto rows = health.rows();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].minutes5 == EndpointHealth::Counts{1, 1, 0, 0});
    CHECK(rows[0].slowest_hour == std::chrono::milliseconds(120));
    CHECK(rows[1].day == EndpointHealth::Counts{0, 0, 0, 1});
    CHECK(!rows[1].last_answered);
    clock.advance(std::chrono::minutes(6));
    health.note("SE1", Answer::down, {});
    rows = health.rows();
    CHECK(rows[0].minutes5 == EndpointHealth::Counts{0, 0, 1, 0});
    CHECK(rows[0].hour == EndpointHealth::Counts{1, 1, 1, 0});
    clock.advance(std::chrono::hours(2));
    rows = health.rows();
    CHECK(rows[0].hour == EndpointHealth::Counts{});
    CHECK(rows[0].slowest_hour.count() == 0);
    CHECK(rows[0].day == EndpointHealth::Counts{1, 1, 1, 0});
    clock.advance(std::chrono::hours(24));
    CHECK(health.rows()[0].day == EndpointHealth::Counts{});
    CHECK(metrics.text().find("idun_endpoint_answers_total{") != std::string::npos);
}

TEST_CASE("windows count as a list of all answers does") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    ManualClock clock(Instant{1'800'000'000'000});
    Metrics metrics;
    store::TemporaryStore temporary;
    const auto opened = *EndpointHealth::open(*temporary.store, clock, metrics);
    EndpointHealth& health = *opened;
    std::vector<std::pair<std::int64_t, std::size_t>> all;
    for (int step = 0; step < 2'000; ++step) {
        clock.advance(std::chrono::milliseconds(random() % 200'000));
        const std::size_t answer = random() % 4;
        health.note("SE1", kAnswers[answer], {});
        all.emplace_back(clock.now().ms, answer);
        const auto counted = [&](std::int64_t unit, std::int64_t count) {
            EndpointHealth::Counts out{};
            for (const auto& [time, what] : all)
                if (time / unit > clock.now().ms / unit - count) ++out[what];
            return out;
        };
        const auto row = health.rows().front();
        REQUIRE(row.minutes5 == counted(60'000, 5));
        REQUIRE(row.hour == counted(60'000, 60));
        REQUIRE(row.day == counted(3'600'000, 24));
    }
}

TEST_CASE("what was saved is there after a restart, slides on, and goes when its windows are over") {
    ManualClock clock(Instant{1'800'000'000'000});
    store::TemporaryStore temporary;
    const auto rows_in_store = [&] { return (*temporary.store->snapshot())->scan(store::prefix_range("endphealH"))->entries; };
    {
        Metrics metrics;
        const auto health = *EndpointHealth::open(*temporary.store, clock, metrics);
        health->note("SE1", Answer::answered, std::chrono::milliseconds(120));
        health->note("SE1", Answer::down, {});
        health->note("SE2", Answer::late, {});
        REQUIRE(health->save());
        health->note("SE2", Answer::late, {});  // not saved
    }
    CHECK(rows_in_store().size() == 2);
    temporary.reopen();
    clock.advance(std::chrono::minutes(2));
    Metrics metrics;
    auto health = *EndpointHealth::open(*temporary.store, clock, metrics);
    auto rows = health->rows();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].minutes5 == EndpointHealth::Counts{1, 0, 1, 0});
    CHECK(rows[0].slowest_hour == std::chrono::milliseconds(120));
    CHECK(rows[0].last_answered == Instant{1'800'000'000'000});
    CHECK(rows[0].last_failed == Instant{1'800'000'000'000});
    CHECK(rows[1].day == EndpointHealth::Counts{0, 1, 0, 0});
    clock.advance(std::chrono::minutes(10));
    CHECK(health->rows()[0].minutes5 == EndpointHealth::Counts{});
    CHECK(health->rows()[0].hour == EndpointHealth::Counts{1, 0, 1, 0});
    // A day later nothing of them is left in the store.
    clock.advance(std::chrono::hours(25));
    REQUIRE(health->save());
    CHECK(rows_in_store().empty());
}

TEST_CASE("a row is as small as its windows, and what cannot be read is left out") {
    ManualClock clock(Instant{1'800'000'000'000});
    store::TemporaryStore temporary;
    Metrics metrics;
    auto health = *EndpointHealth::open(*temporary.store, clock, metrics);
    for (int minute = 0; minute < 3 * 24 * 60; ++minute) {
        health->note("SE1", Answer::answered, std::chrono::milliseconds(minute));
        clock.advance(std::chrono::minutes(1));
    }
    REQUIRE(health->save());
    const std::string row = (*temporary.store->snapshot())->scan(store::prefix_range("endphealH"))->entries.front().value;
    CHECK(row.size() <= 19 + 84 * 32);
    const auto day = health->rows()[0].day;
    for (const std::string& broken : {std::string(), row.substr(1), row.substr(0, row.size() - 1), row + "x", std::string("\2") + row.substr(1)}) {
        store::Batch batch;
        batch.put("endphealHSE1", broken);
        batch.put("endphealHSE2", row);
        REQUIRE(temporary.store->commit(std::move(batch)));
        Metrics others;
        const auto again = *EndpointHealth::open(*temporary.store, clock, others);
        REQUIRE(again->rows().size() == 1);
        CHECK(again->rows()[0].provider == "SE2");
        CHECK(again->rows()[0].day == day);
    }
    // A clock that was ahead: what lies in the future does not count, and is no obstacle.
    ManualClock before(Instant{1'700'000'000'000});
    const auto back = *EndpointHealth::open(*temporary.store, before, metrics);
    CHECK(back->rows()[0].day == EndpointHealth::Counts{});
    back->note("SE2", Answer::answered, {});
    CHECK(back->rows()[0].day == EndpointHealth::Counts{1, 0, 0, 0});
}

TEST_CASE("what could not be saved is saved the next time") {
    ManualClock clock(Instant{1'800'000'000'000});
    store::TemporaryStore temporary;
    store::FaultyStore faulty(*temporary.store);
    Metrics metrics;
    const auto health = *EndpointHealth::open(faulty, clock, metrics);
    health->note("SE1", Answer::answered, {});
    faulty.next = store::FaultyStore::Next::fails;
    CHECK(!health->save());
    CHECK(health->save());
    CHECK((*EndpointHealth::open(*temporary.store, clock, metrics))->rows().size() == 1);
}
