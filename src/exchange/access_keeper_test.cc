#include "exchange/access_keeper.h"

#include <thread>

#include "exchange/internal/access_world.h"
#include "rights/rule_table.h"

using namespace idun;
using namespace idun::exchange;

namespace {

// So that a part of the purge takes a while.
struct SlowClock final : Clock {
    explicit SlowClock(const Clock& c) : clock(c) {}
    const Clock& clock;
    Instant now() const override {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return clock.now();
    }
};

}  // namespace

TEST_CASE("the keeper lets go of all that its time is up for, and a stop waits for a part of that only") {
    AccessWorld f;
    constexpr std::uint64_t kEntries = 8'000, kAtOnce = 2'000;
    for (std::uint64_t first = 0; first < kEntries; first += kAtOnce) {
        std::vector<ledger::ShippedEntry> entries;
        for (std::uint64_t i = first; i < first + kAtOnce; ++i) entries.push_back(f.at_node(i, "", "r" + std::to_string(i)));
        REQUIRE(f.ship(std::move(entries), first, first + kAtOnce));
    }
    f.clock.advance(std::chrono::hours(24 * 366 * 20));
    const SlowClock slow(f.clock);
    AccessView view(*f.temporary.store, *f.log, slow, f.bounds);
    view.follow_with({});
    Metrics metrics;
    const rights::RuleTable rules = rights::sweden();
    const auto gone = [&] {
        std::uint64_t out = 0;
        const auto by_rule = view.purged();
        REQUIRE(by_rule);
        for (const PurgedByRule& one : *by_rule) out += one.entries;
        return out;
    };
    const auto wait_for = [&](std::uint64_t count) {
        for (int i = 0; i < 10'000 && gone() < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return gone() >= count;
    };
    {
        AccessKeeper keeper(view, f.clock, metrics, rules);
        REQUIRE(wait_for(1));
    }
    CHECK(gone() < kEntries);
    AccessKeeper keeper(view, f.clock, metrics, rules);
    CHECK(wait_for(kEntries));
}
