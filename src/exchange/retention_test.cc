#include "exchange/retention.h"

#include <doctest/doctest.h>

#include "exchange/notices.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

std::size_t rows_in(store::Store& store) {
    return (*store.snapshot())->scan({std::string(8, '\0'), ""}, {.entries_max = 10'000})->entries.size();
}

}  // namespace

TEST_CASE("messages go when their time is over, and no row of them is left") {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Notices notices(*temporary.store, clock, system_random());
    constexpr std::chrono::hours kYear(8766);
    Retention retention({.keep = 3 * kYear}, *temporary.store, clock);
    crypto::Pseudonym eva;
    eva.bytes.fill(9);
    const auto tell = [&](const std::string& text) {
        store::Batch batch;
        notices.add(batch, eva, NoticeKind::complaint, text, text);
        REQUIRE(temporary.store->commit(std::move(batch)));
    };
    tell("old");
    tell("of the same millisecond");
    clock.advance(kYear);
    tell("newer");
    CHECK(*retention.sweep() == 0);
    CHECK(notices.about(eva, "", 10)->notices.size() == 3);
    clock.advance(2 * kYear + std::chrono::milliseconds(1));
    CHECK(*retention.sweep() == 2);
    const auto left = *notices.about(eva, "", 10);
    REQUIRE(left.notices.size() == 1);
    CHECK(left.notices[0].en == "newer");
    clock.advance(kYear);
    CHECK(*retention.sweep() == 1);
    CHECK(*retention.sweep() == 0);
    CHECK(rows_in(*temporary.store) == 0);
}

TEST_CASE("a sweep is bounded, and a row that two stand beside is taken once") {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Retention retention({.keep = std::chrono::hours(1)}, *temporary.store, clock);
    store::Batch batch;
    for (std::size_t i = 0; i < Retention::kSweptAtOnce + 5; ++i) {
        const std::string key = "somewhere" + std::to_string(i / 2);
        if (i % 2 == 0) batch.put(key, "x");
        keep_for_a_time(batch, Kept::unshown_care, clock.now(), key, system_random());
    }
    REQUIRE(temporary.store->commit(std::move(batch)));
    clock.advance(std::chrono::hours(2));
    CHECK(*retention.sweep() == Retention::kSweptAtOnce);
    CHECK(*retention.sweep() == 5);
    CHECK(rows_in(*temporary.store) == 0);
}
