#include "directory/health.h"

#include <doctest/doctest.h>

#include <random>

using namespace idun;
using namespace idun::directory;

TEST_CASE("counts slide: what is older than a window is not in it") {
    ManualClock clock(Instant{1'800'000'000'000});
    Metrics metrics;
    EndpointHealth health(clock, metrics);
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
    EndpointHealth health(clock, metrics);
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
