// The sentences of store.h, one test each, against every engine.
#include <doctest/doctest.h>

#include <future>

#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

std::vector<std::string> keys_of(const std::vector<Entry>& entries) {
    std::vector<std::string> keys;
    for (const Entry& entry : entries) keys.push_back(entry.key);
    return keys;
}

using Strings = std::vector<std::string>;

TEST_CASE_TEMPLATE("an empty store is at version 0 and has nothing", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    const auto snapshot = now(*store);
    CHECK(snapshot->version() == Version{0});
    CHECK(snapshot->get(key(1)).value() == std::nullopt);
    CHECK(snapshot->scan(prefix_range(""))->entries.empty());
    CHECK(snapshot->multi_get({})->empty());
    CHECK(store->changes({0}, 10)->empty());
    CHECK(store->healthy());
    CHECK(store->snapshot_at({0})->get()->version() == Version{0});
    CHECK(store->snapshot_at({1}).error().category == Category::gone);
}

TEST_CASE_TEMPLATE("versions count batches and survive reopening", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    CHECK(store->commit(put_one(key(1, "a"), "one")).value() == Version{1});
    CHECK(store->commit(put_one(key(1, "b"), "")).value() == Version{2});
    CHECK(store->commit(Batch{}).value() == Version{3});
    Batch erase;
    erase.erase(key(1, "a"));
    erase.erase(key(9, "never was"));
    CHECK(store->commit(std::move(erase)).value() == Version{4});
    store.reset();
    store = engine.open(system_clock());
    const auto snapshot = now(*store);
    CHECK(snapshot->version() == Version{4});
    CHECK(snapshot->get(key(1, "a")).value() == std::nullopt);
    CHECK(snapshot->get(key(1, "b")).value() == "");
    CHECK(store->commit(Batch{}).value() == Version{5});
}

TEST_CASE_TEMPLATE("a snapshot never changes", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "old")));
    const auto before = now(*store);
    Batch batch;
    batch.put(key(1), "new");
    batch.put(key(2), "more");
    REQUIRE(store->commit(std::move(batch)));
    CHECK(before->version() == Version{1});
    CHECK(before->get(key(1)).value() == "old");
    CHECK(before->get(key(2)).value() == std::nullopt);
    CHECK(keys_of(scan_all(*before, prefix_range(""))) == Strings{key(1)});
    CHECK(now(*store)->get(key(1)).value() == "new");
    CHECK(keys_of(scan_all(*now(*store), prefix_range(""))) == Strings{key(1), key(2)});
}

TEST_CASE_TEMPLATE("multi_get answers slot for slot", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    const std::string binary("\0\xff\x80 \n", 5);
    Batch batch;
    batch.put(key(1, binary), binary);
    batch.put(key(2), "");
    REQUIRE(store->commit(std::move(batch)));
    const Strings keys = {key(2), key(3), key(1, binary), key(2)};
    const auto values = now(*store)->multi_get(keys).value();
    REQUIRE(values.size() == 4);
    CHECK(values[0] == "");
    CHECK(values[1] == std::nullopt);
    CHECK(values[2] == binary);
    CHECK(values[3] == "");
}

TEST_CASE_TEMPLATE("scans give unsigned byte order in both directions", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    const Strings sorted = {key(1),
                            key(1, std::string(1, '\0')),
                            key(1, "a"),
                            key(1, "a\x7f"),
                            key(1, "a\x80"),
                            key(1, "a\xff"),
                            key(1, "b"),
                            key(2),
                            key(2, "a"),
                            std::string(8, '\xff'),
                            std::string(9, '\xff')};
    Batch batch;
    for (auto at = sorted.rbegin(); at != sorted.rend(); ++at) batch.put(*at, "v" + *at);
    REQUIRE(store->commit(std::move(batch)));
    const auto snapshot = now(*store);
    const auto scanned = [&](Range range, std::size_t count) {
        Strings forward = keys_of(scan_all(*snapshot, range, {count, 1u << 20}));
        range.reverse = true;
        Strings backward = keys_of(scan_all(*snapshot, range, {count, 1u << 20}));
        CHECK(Strings(backward.rbegin(), backward.rend()) == forward);
        return forward;
    };
    for (const std::size_t count : {1, 2, 3, 100}) {
        CHECK(scanned(prefix_range(""), count) == sorted);
        CHECK(scanned(prefix_range(key(1)), count) == Strings(sorted.begin(), sorted.begin() + 7));
        CHECK(scanned(prefix_range(key(1, "a")), count) == Strings(sorted.begin() + 2, sorted.begin() + 6));
        CHECK(scanned(prefix_range(key(1, "a\xff")), count) == Strings{key(1, "a\xff")});
        CHECK(scanned(prefix_range("0"), count) == Strings(sorted.begin(), sorted.begin() + 9));
        CHECK(scanned(prefix_range("\xff"), count) == Strings(sorted.begin() + 9, sorted.end()));
        CHECK(scanned(prefix_range(std::string(8, '\xff')), count) == Strings(sorted.begin() + 9, sorted.end()));
        CHECK(scanned({key(1, "a"), key(1, "b")}, count) == Strings(sorted.begin() + 2, sorted.begin() + 6));
        CHECK(scanned({key(1, "b"), key(2, "a")}, count) == Strings{key(1, "b"), key(2)});
        CHECK(scanned({key(1, "c"), key(2)}, count).empty());
        CHECK(scanned({key(2), key(1)}, count).empty());
        CHECK(scanned({key(2), key(2)}, count).empty());
        CHECK(scanned({"", key(1)}, count).empty());
        CHECK(scanned({std::string(2000, '\xff'), ""}, count).empty());
    }
}

TEST_CASE_TEMPLATE("expectations that were read at a version are checked against all that was written since", Engine,
                   CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "a")));
    const Version first = now(*store)->version();
    const auto swap = [&](Version read, const std::string& from, const std::string& to) {
        Batch batch = put_one(key(1), to);
        batch.expect(key(1), from);
        batch.read_at(read);
        return batch;
    };
    CHECK(store->commit(swap(first, "a", "b")));
    // Read before the last write: refused, whoever wrote; what still holds goes through, however old the reading.
    CHECK(store->commit(swap(first, "a", "c")).error().category == Category::conflict);
    CHECK(store->commit(swap(first, "b", "c")));
    // Of batches that share a group only the first can have read what is there.
    const Version third = now(*store)->version();
    std::vector<std::future<Result<Version>>> outcomes;
    for (int i = 0; i < 20; ++i) {
        auto promise = std::make_shared<std::promise<Result<Version>>>();
        outcomes.push_back(promise->get_future());
        store->commit(swap(third, "c", std::to_string(i)),
                      [promise](Result<Version> one) { promise->set_value(std::move(one)); });
    }
    int taken = 0;
    for (auto& outcome : outcomes) {
        const auto one = outcome.get();
        if (one)
            ++taken;
        else
            CHECK(one.error().category == Category::conflict);
    }
    CHECK(taken == 1);
    CHECK(now(*store)->get(key(1))->value() == "0");
    // An expected key that nobody wrote since.
    Batch other = put_one(key(2), "x");
    other.expect(key(3), std::nullopt);
    other.expect(key(1), "0");
    other.read_at(now(*store)->version());
    CHECK(store->commit(std::move(other)));
}

TEST_CASE_TEMPLATE("a walk shows what a scan gives, leaves out what it is told to, and stops", Engine,
                   CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    Batch batch;
    for (int part = 0; part < 30; ++part) {
        for (int i = 0; i < part * 3; ++i) batch.put(key(part, std::to_string(1000 + i)), std::to_string(i));
    }
    REQUIRE(store->commit(std::move(batch)));
    const auto snapshot = now(*store);
    Batch later;
    later.put(key(3, "late"), "not seen");
    REQUIRE(store->commit(std::move(later)));
    const auto walked = [&](const Range& range) {
        std::vector<Entry> out;
        CHECK(snapshot->walk(range, [&](std::string_view key, std::string_view value) -> Onward {
            out.push_back({std::string(key), std::string(value)});
            return {};
        }));
        return out;
    };
    const auto same = [](const std::vector<Entry>& a, const std::vector<Entry>& b) {
        return std::ranges::equal(a, b,
                                  [](const Entry& x, const Entry& y) { return x.key == y.key && x.value == y.value; });
    };
    for (const Range& range : {Range{}, prefix_range(key(7)), prefix_range(key(0)),
                               Range{key(3, "1004"), key(5, "1002")}, Range{key(9), key(8)}})
        CHECK(same(walked(range), scan_all(*snapshot, range)));
    // Of each partition the first two, then on to the next one: over few entries and over many.
    std::string to;
    Strings seen;
    CHECK(snapshot->walk({}, [&](std::string_view at, std::string_view) -> Onward {
        seen.emplace_back(at);
        if (!at.ends_with("1001")) return {};
        to = prefix_range(at.substr(0, kPartitionBytes)).to;
        return {.to = to};
    }));
    Strings expected;
    for (int part = 1; part < 30; ++part) {
        for (int i = 0; i < 2; ++i) expected.push_back(key(part, std::to_string(1000 + i)));
    }
    CHECK(seen == expected);
    int count = 0;
    CHECK(snapshot->walk({}, [&](std::string_view, std::string_view) -> Onward { return {.stop = ++count == 5}; }));
    CHECK(count == 5);
}

TEST_CASE_TEMPLATE("a chunk keeps its limits and says whether there is more", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    Batch batch;
    for (int i = 0; i < 10; ++i) batch.put(key(1, std::to_string(i)), std::string(991, 'x'));  // 1000 bytes each
    REQUIRE(store->commit(std::move(batch)));
    const auto snapshot = now(*store);
    struct Case {
        ChunkLimit limit;
        std::size_t count;
        bool more;
    };
    const std::vector<Case> cases = {
        {{10, 1u << 20}, 10, false}, {{11, 1u << 20}, 10, false}, {{9, 1u << 20}, 9, true}, {{1, 1u << 20}, 1, true},
        {{0, 1u << 20}, 1, true},    {{100, 10000}, 10, false},   {{100, 9999}, 9, true},   {{100, 2500}, 2, true},
        {{100, 1}, 1, true},         {{100, 0}, 1, true},         {{5, 5000}, 5, true},
    };
    for (const Case& c : cases) {
        for (const bool reverse : {false, true}) {
            CAPTURE(c.limit.entries_max);
            CAPTURE(c.limit.bytes_max);
            Range range = prefix_range(key(1));
            range.reverse = reverse;
            const Chunk chunk = snapshot->scan(range, c.limit).value();
            CHECK(chunk.entries.size() == c.count);
            CHECK(chunk.more == c.more);
            CHECK(chunk.entries.front().key == key(1, reverse ? "9" : "0"));
        }
    }
    CHECK(snapshot->scan(prefix_range(key(1, "3")), {1, 1})->more == false);
}

TEST_CASE_TEMPLATE("a commit is refused when a precondition does not hold", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "a")));
    const auto attempt = [&](std::string k, std::optional<std::string> expected) {
        Batch batch = put_one(key(5), "written");
        batch.note("note");
        batch.expect(std::move(k), std::move(expected));
        return store->commit(std::move(batch));
    };
    CHECK(attempt(key(1), "b").error().category == Category::conflict);
    CHECK(attempt(key(1), std::nullopt).error().category == Category::conflict);
    CHECK(attempt(key(1), "").error().category == Category::conflict);
    CHECK(attempt(key(2), "").error().category == Category::conflict);
    CHECK(now(*store)->version() == Version{1});
    CHECK(now(*store)->get(key(5)).value() == std::nullopt);
    CHECK(store->changes({0}, 10)->empty());
    CHECK(attempt(key(1), "a").value() == Version{2});
    CHECK(attempt(key(2), std::nullopt).value() == Version{3});
    CHECK(attempt(key(5), "written").value() == Version{4});
    Batch two = put_one(key(6), "x");
    two.expect(key(1), "a");
    two.expect(key(2), "not");
    CHECK(store->commit(std::move(two)).error().category == Category::conflict);
}

TEST_CASE_TEMPLATE("batches of one group see each other in order", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    // The first callback blocks the writer thread, so that all the others gather into one group.
    std::promise<void> gate;
    auto opened = gate.get_future().share();
    store->commit(Batch{}, [opened](Result<Version>) { opened.wait(); });
    std::mutex mutex;
    std::vector<std::string> log;
    const auto commit = [&](std::string name, Batch batch) {
        store->commit(std::move(batch), [&, name](Result<Version> result) {
            std::lock_guard lock(mutex);
            log.push_back(name + (result ? " " + std::to_string(result->number)
                                         : " " + std::string(to_string(result.error().category))));
        });
    };
    const auto swap = [](std::optional<std::string> from, std::optional<std::string> to) {
        Batch batch;
        batch.expect(key(1), std::move(from));
        if (to) {
            batch.put(key(1), *to);
        } else {
            batch.erase(key(1));
        }
        batch.note("n");
        return batch;
    };
    commit("a", swap(std::nullopt, "1"));
    commit("b", swap(std::nullopt, "2"));
    commit("c", swap("1", "3"));
    commit("d", swap("1", "4"));
    commit("short", put_one("short", ""));
    commit("e", swap("3", std::nullopt));
    commit("f", swap(std::nullopt, "6"));
    commit("g", put_one(key(2), "g"));
    gate.set_value();
    CHECK(store->commit(put_one(key(3), "last")).value() == Version{7});
    CHECK(log == Strings{"a 2", "b conflict", "c 3", "d conflict", "short invalid", "e 4", "f 5", "g 6"});
    CHECK(now(*store)->get(key(1)).value() == "6");
    std::vector<std::uint64_t> noted;
    const auto changes = store->changes({0}, 100).value();
    for (const Change& change : changes) noted.push_back(change.version.number);
    CHECK(noted == std::vector<std::uint64_t>{2, 3, 4, 5});
}

TEST_CASE_TEMPLATE("bounds are refused by name", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    const auto category = [&](Batch batch) {
        const auto result = store->commit(std::move(batch));
        return result ? std::string("ok") : std::string(to_string(result.error().category));
    };
    CHECK(category(put_one("1234567", "")) == "invalid");
    CHECK(category(put_one("", "")) == "invalid");
    CHECK(category(put_one(std::string(1025, 'k'), "")) == "invalid");
    CHECK(category(put_one(std::string(1024, 'k'), "")) == "ok");
    CHECK(category(put_one("12345678", "")) == "ok");
    CHECK(category(put_one(key(1), std::string(kValueBytesMax + 1, 'v'))) == "too_large");
    Batch erase;
    erase.erase("short");
    CHECK(category(std::move(erase)) == "invalid");
    Batch expect;
    expect.expect("short", std::nullopt);
    CHECK(category(std::move(expect)) == "invalid");
    Batch large;
    for (int i = 0; i < 5; ++i) large.put(key(i), std::string(60u << 20, 'v'));
    CHECK(category(std::move(large)) == "too_large");
    CHECK(now(*store)->version() == Version{2});
    const Strings bad = {key(1), "short"};
    CHECK(now(*store)->multi_get(bad).error().category == Category::invalid);
    CHECK(now(*store)->get(std::string(1025, 'k')).error().category == Category::invalid);
}

TEST_CASE_TEMPLATE("the largest value is kept", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    std::string large(kValueBytesMax, 'v');
    large[12345] = '\0';
    large.back() = 'z';
    REQUIRE(store->commit(put_one(key(1), large)));
    CHECK((now(*store)->get(key(1)).value() == large));
    CHECK(now(*store)->scan(prefix_range(key(1)))->entries.size() == 1);
}

TEST_CASE_TEMPLATE("a full queue is busy, and lets in again when it has drained", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    std::promise<void> gate;
    auto opened = gate.get_future().share();
    store->commit(Batch{}, [opened](Result<Version>) { opened.wait(); });
    std::atomic<int> busy{0};
    std::atomic<int> others{0};
    const std::string value(60u << 20, 'v');
    for (int i = 0; i < 9; ++i) {
        Batch batch = put_one(key(i), value);
        batch.expect(key(99), "never");  // so that the test writes nothing large
        store->commit(std::move(batch),
                      [&](Result<Version> result) { (result.error().category == Category::busy ? busy : others)++; });
    }
    gate.set_value();
    CHECK(store->commit(Batch{}));
    CHECK(busy == 1);
    CHECK(others == 8);
    CHECK(store->healthy());
}

TEST_CASE_TEMPLATE("notes form the change feed and can be trimmed", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    for (int i = 1; i <= 9; ++i) {
        Batch batch = put_one(key(i), "v");
        if (i % 3 != 0) batch.note("replaced");
        if (i % 3 != 0) batch.note("n" + std::to_string(i));
        REQUIRE(store->commit(std::move(batch)));
    }
    const auto listed = [&](std::uint64_t after, std::size_t count) {
        std::string text;
        const auto changes = store->changes({after}, count).value();
        for (const Change& change : changes) text += std::to_string(change.version.number) + "=" + change.note + " ";
        return text;
    };
    CHECK(listed(0, 100) == "1=n1 2=n2 4=n4 5=n5 7=n7 8=n8 ");
    CHECK(listed(0, 2) == "1=n1 2=n2 ");
    CHECK(listed(2, 2) == "4=n4 5=n5 ");
    CHECK(listed(3, 1) == "4=n4 ");
    CHECK(listed(8, 10) == "");
    CHECK(listed(1000, 10) == "");
    CHECK(listed(0, 0) == "");
    REQUIRE(store->trim_changes({4}));
    CHECK(listed(0, 100) == "5=n5 7=n7 8=n8 ");
    REQUIRE(store->trim_changes({2}));
    CHECK(listed(0, 100) == "5=n5 7=n7 8=n8 ");
    store.reset();
    store = engine.open(system_clock());
    CHECK(listed(0, 100) == "5=n5 7=n7 8=n8 ");
    REQUIRE(store->trim_changes({1000}));
    CHECK(listed(0, 100) == "");
    Batch later;
    later.note("later");
    REQUIRE(store->commit(std::move(later)));
    CHECK(listed(0, 100) == "10=later ");
    CHECK(now(*store)->version() == Version{10});
}

TEST_CASE_TEMPLATE("a held version stays until its time", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    ManualClock clock({1'000'000});
    auto store = engine.open(clock);
    REQUIRE(store->commit(put_one(key(1), "one")));
    store->hold(now(*store), std::chrono::seconds(10));
    REQUIRE(store->commit(put_one(key(1), "two")));
    REQUIRE(store->commit(put_one(key(1), "three")));
    CHECK(store->snapshot_at({1})->get()->get(key(1)).value() == "one");
    CHECK(store->snapshot_at({2}).error().category == Category::gone);
    CHECK(store->snapshot_at({3})->get()->get(key(1)).value() == "three");
    CHECK(store->snapshot_at({4}).error().category == Category::gone);
    clock.advance(std::chrono::seconds(9));
    const auto held = store->snapshot_at({1}).value();
    store->hold(held, std::chrono::milliseconds(1));  // does not shorten
    clock.advance(std::chrono::milliseconds(999));
    CHECK(store->snapshot_at({1}));
    clock.advance(std::chrono::milliseconds(1));
    CHECK(store->snapshot_at({1}).error().category == Category::gone);
    CHECK(held->get(key(1)).value() == "one");  // who has it keeps it
    store->hold(held, std::chrono::milliseconds::max());
    CHECK(store->snapshot_at({1}));
}

TEST_CASE_TEMPLATE("of too many holds the one that ends first makes room", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    ManualClock clock({0});
    auto store = engine.open(clock);
    constexpr int kExtra = 4;
    for (std::size_t i = 1; i <= Store::kHeldMax + kExtra; ++i) {
        REQUIRE(store->commit(put_one(key(1), std::to_string(i))));
        store->hold(now(*store), std::chrono::seconds(1000 + i));
    }
    for (std::size_t i = 1; i <= Store::kHeldMax + kExtra; ++i) {
        const auto at = store->snapshot_at({i});
        CHECK(at.has_value() == (i > kExtra));
        if (at) CHECK(at->get()->get(key(1)).value() == std::to_string(i));
    }
}

TEST_CASE_TEMPLATE("one opener at a time", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    const auto second = engine.try_open(system_clock());
    CHECK(second.error().category == Category::busy);
    REQUIRE(store->commit(put_one(key(1), "v")));
    store.reset();
    CHECK(engine.open(system_clock())->healthy());
}

TEST_CASE_TEMPLATE("what is queued is written before the store closes", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i)
        store->commit(put_one(key(i), "v"), [&](Result<Version> result) { done += result.has_value(); });
    store.reset();
    CHECK(done == 100);
    CHECK(now(*engine.open(system_clock()))->version() == Version{100});
}

TEST_CASE_TEMPLATE("many threads write and read at once", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    constexpr int kThreads = 4;
    constexpr int kCommits = 60;
    std::mutex mutex;
    std::vector<std::uint64_t> versions;
    std::atomic<int> torn{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 1; i <= kCommits; ++i) {
                Batch batch;  // both rows always hold the same number
                batch.put(key(t, "a"), std::to_string(i));
                batch.put(key(t + 1000, "b"), std::to_string(i));
                const auto result = store->commit(std::move(batch));
                const auto own = now(*store);
                const Strings keys = {key(t, "a"), key(t + 1000, "b")};
                const auto values = own->multi_get(keys).value();
                if (values[0] != std::to_string(i) || values[1] != values[0]) ++torn;
                if (own->version() < *result) ++torn;
                const Strings others = {key((t + 1) % kThreads, "a"), key((t + 1) % kThreads + 1000, "b")};
                const auto seen = own->multi_get(others).value();
                if (seen[0] != seen[1]) ++torn;
                std::lock_guard lock(mutex);
                versions.push_back(result->number);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(torn == 0);
    std::sort(versions.begin(), versions.end());
    REQUIRE(versions.size() == kThreads * kCommits);
    for (std::size_t i = 0; i < versions.size(); ++i) CHECK(versions[i] == i + 1);
}

}  // namespace
}  // namespace idun::store
