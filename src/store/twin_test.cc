// Random batches against both a store and a naive map, with snapshots at many versions.
#include <doctest/doctest.h>

#include <map>

#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

using Rows = std::map<std::string, std::string>;

// A key of few partitions, with endings that sort near each other.
class Rolls {
public:
    explicit Rolls(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }
    std::string any_key() {
        static const std::string kEnds[] = {"", std::string(1, '\0'), "a", "a\x7f", "a\x80", "\xff", "\xff\xff", "b"};
        std::string k = below(8) == 0 ? std::string(8, '\xff') : key(static_cast<int>(below(6)));
        k += kEnds[below(8)];
        if (below(2) == 0) k += static_cast<char>(below(256));
        return k;
    }
    std::string any_value() {
        return std::string(below(20) == 0 ? below(5000) : below(20), static_cast<char>(below(256)));
    }
    std::string any_bound() {
        std::string bound = any_key();
        bound.resize(below(bound.size() + 2), 'x');
        return bound;
    }

private:
    std::mt19937_64 engine_;
};

std::optional<std::string> value_in(const Rows& rows, const std::string& k) {
    const auto at = rows.find(k);
    return at == rows.end() ? std::nullopt : std::optional(at->second);
}

std::vector<Entry> expected_scan(const Rows& rows, const Range& range) {
    std::vector<Entry> entries;
    for (const auto& [k, v] : rows)
        if (k >= range.from && (range.to.empty() || k < range.to)) entries.push_back({k, v});
    if (range.reverse) std::reverse(entries.begin(), entries.end());
    return entries;
}

bool same(const std::vector<Entry>& a, const std::vector<Entry>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Entry& x, const Entry& y) { return x.key == y.key && x.value == y.value; });
}

void compare(const Snapshot& snapshot, const Rows& rows, Rolls& rolls) {
    std::vector<std::string> keys;
    for (int i = 0; i < 12; ++i) keys.push_back(rolls.any_key());
    const auto values = snapshot.multi_get(keys);
    REQUIRE(values);
    for (std::size_t i = 0; i < keys.size(); ++i) CHECK((*values)[i] == value_in(rows, keys[i]));
    for (int i = 0; i < 3; ++i) {
        Range range =
            rolls.below(3) == 0 ? prefix_range(rolls.any_bound()) : Range{rolls.any_bound(), rolls.any_bound()};
        range.reverse = rolls.below(2) == 0;
        const ChunkLimit limit{1 + rolls.below(30), rolls.below(3000)};
        CHECK(same(scan_all(snapshot, range, limit), expected_scan(rows, range)));
    }
}

// A random batch, applied to `rows` when its preconditions hold.
Batch any_batch(Rows& rows, Rolls& rolls, bool& holds) {
    Batch batch;
    Rows after = rows;
    std::map<std::string, int> written;
    holds = true;
    for (std::size_t i = rolls.below(12); i > 0; --i) {
        const std::string k = rolls.any_key();
        if (written[k]++ != 0) continue;
        if (rolls.below(4) == 0) {
            batch.erase(k);
            after.erase(k);
        } else {
            const std::string v = rolls.any_value();
            batch.put(k, v);
            after[k] = v;
        }
    }
    for (std::size_t i = rolls.below(3); i > 0; --i) {
        const std::string k = rolls.any_key();
        auto expected = value_in(rows, k);
        if (rolls.below(6) == 0) expected = expected ? std::nullopt : std::optional<std::string>("other");
        holds = holds && expected == value_in(rows, k);
        batch.expect(k, expected);
    }
    if (holds) rows = after;
    return batch;
}

TEST_CASE_TEMPLATE("a store agrees with a map at every version", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    const char* chosen = std::getenv("IDUN_TEST_SEED");
    const std::uint64_t seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : std::random_device{}();
    MESSAGE("IDUN_TEST_SEED=" << seed);
    CAPTURE(seed);
    Rolls rolls(seed);
    auto store = engine.open(system_clock());
    Rows rows;
    std::uint64_t version = 0;
    struct Kept {
        std::shared_ptr<const Snapshot> snapshot;
        Rows rows;
    };
    std::vector<Kept> kept;
    for (int round = 0; round < 250; ++round) {
        // Several at a time go into one group.
        const std::size_t count = 1 + rolls.below(4);
        std::vector<bool> expected;
        std::vector<bool> got(count);
        for (std::size_t i = 0; i < count; ++i) {
            bool holds = false;
            Batch batch = any_batch(rows, rolls, holds);
            expected.push_back(holds);
            version += holds ? 1 : 0;
            store->commit(std::move(batch), [&got, i](Result<Version> result) { got[i] = result.has_value(); });
        }
        REQUIRE(store->commit(Batch{}).value() == Version{++version});
        CHECK(got == expected);
        if (rolls.below(4) == 0) kept.push_back({now(*store), rows});
        if (kept.size() > 12) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(rolls.below(kept.size())));
        if (!kept.empty()) {
            const Kept& one = kept[rolls.below(kept.size())];
            compare(*one.snapshot, one.rows, rolls);
        }
        compare(*now(*store), rows, rolls);
        if (rolls.below(60) == 0) {
            kept.clear();
            store.reset();
            store = engine.open(system_clock());
            REQUIRE(now(*store)->version() == Version{version});
        }
    }
    CHECK(same(scan_all(*now(*store), {}), expected_scan(rows, {})));
}

}  // namespace
}  // namespace idun::store
