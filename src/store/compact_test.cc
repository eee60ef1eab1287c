#include "store/compact.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "store/faulty.h"
#include "store/internal/embedded_store.h"
#include "store/internal/fault_fs.h"
#include "store/internal/pg_connection.h"
#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

// Values that no engine makes small.
std::string noise(std::uint64_t seed) {
    std::mt19937_64 numbers(seed);
    std::string out(10'000, '\0');
    for (char& c : out) c = static_cast<char>(numbers());
    return out;
}

TEST_CASE_TEMPLATE("compacting gives erased rows' space back, and keeps all else and what a version needs", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    constexpr int kRows = 400;
    for (int i = 0; i < kRows; ++i) REQUIRE(store->commit(put_one(key(i, "x"), noise(static_cast<std::uint64_t>(i)))));
    REQUIRE(compact(*store));
    auto held = now(*store);
    for (int i = 4; i < kRows; ++i) {  // what is left lies in front: PostgreSQL gives back only the end of its files
        Batch batch;
        batch.erase(key(i, "x"));
        REQUIRE(store->commit(std::move(batch)));
    }
    REQUIRE(compact(*store));
    CHECK(held->get(key(kRows - 1, "x")).value() == noise(kRows - 1));
    held.reset();
    Compacted last;
    for (int round = 0; round < 100; ++round) {  // PostgreSQL: the sweeper looks every half second
        last = *compact(*store);
        if (last.after < 1'000'000) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(last.after < 1'000'000);
    CHECK(last.before >= last.after);
    CHECK(scan_all(*now(*store), {}).size() == 4);
    CHECK(now(*store)->get(key(3, "x")).value() == noise(3));
}

TEST_CASE_TEMPLATE("a store reads and writes while it is compacted", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    for (int i = 0; i < 300; ++i) REQUIRE(store->commit(put_one(key(i, "x"), noise(static_cast<std::uint64_t>(i)))));
    std::atomic<bool> over = false;
    std::thread compacting([&] {
        for (int i = 0; i < 5; ++i) CHECK(compact(*store));
        over = true;
    });
    int written = 0;
    while (!over && written < 2'000) {
        REQUIRE(store->commit(put_one(key(1, "w"), std::to_string(++written))));
        CHECK(now(*store)->get(key(1, "w")).value() == std::to_string(written));
    }
    compacting.join();
    CHECK(written > 0);
}

TEST_CASE_TEMPLATE("a compaction that is told to stop says so", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "a")));
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = compact(*store, stop.get_token());
    REQUIRE(!stopped);
    CHECK(stopped.error().category == Category::unavailable);
    CHECK(now(*store)->get(key(1)).value() == "a");
    FaultyStore other(*store);
    CHECK(compact(other).error().category == Category::unsupported);
}

TEST_CASE("without room on the disk nothing is begun, and the error says how much is needed") {
    TempFolder place;
    const auto fs = std::make_shared<FaultFs>();
    FaultEnv env(fs);
    const auto store = *open_embedded_on({.folder = place / "store"}, system_clock(), &env);
    for (int i = 0; i < 300; ++i) REQUIRE(store->commit(put_one(key(i, "x"), noise(static_cast<std::uint64_t>(i)))));  // 3 MB
    fs->set_free(1u << 20);
    const auto refused = compact(*store);
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unavailable);
    CHECK(refused.error().message == "compacting needs 2 MiB free on the store's disk, and there are 1: make room first");
    CHECK(store->commit(put_one(key(1, "y"), "goes on")));
    fs->set_free(kCompactRoomMax);  // enough for any store
    CHECK(compact(*store));
}

// Holds a table of a schema for itself until its end, so that a statement upon it waits.
class LockedTable {
public:
    LockedTable(const PostgresOptions& options, const std::string& mode) : connection_(*PgConnection::open(options)) {
        connection_->queue("BEGIN");
        connection_->queue("LOCK TABLE " + options.schema + ".kv IN " + mode + " MODE");
        REQUIRE(connection_->sync());
    }

private:
    const std::unique_ptr<PgConnection> connection_;
};

TEST_CASE("PostgreSQL: what cannot be given back because rows lie behind it is told") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    const auto store = engine.open(system_clock());
    CHECK(compact(*store)->reusable == 0);
    constexpr int kRows = 2'000;
    Batch rows;
    for (int i = 0; i < kRows; ++i) rows.put(key(i, "x"), noise(static_cast<std::uint64_t>(i)).substr(0, 1'000));
    REQUIRE(store->commit(std::move(rows)));
    const Compacted full = *compact(*store);
    CHECK(full.reusable < full.after / 4);
    Batch batch;
    for (int i = 0; i < kRows - 10; ++i) batch.erase(key(i, "x"));
    REQUIRE(store->commit(std::move(batch)));
    Compacted swept;
    for (int round = 0; round < 100 && swept.reusable < 1'500'000; ++round) {  // the sweeper looks every half second
        swept = *compact(*store);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(swept.reusable > 1'500'000);
    CHECK(swept.reusable < swept.after);
}

TEST_CASE("PostgreSQL: a statement that runs when a compaction is told to stop is cancelled") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    const auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "a")));
    std::stop_source stop;
    std::optional<Result<Compacted>> done;
    std::thread compacting;
    {
        const LockedTable locked(engine.options(), "SHARE UPDATE EXCLUSIVE");
        compacting = std::thread([&] { done = compact(*store, stop.get_token()); });
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
        std::this_thread::sleep_for(std::chrono::seconds(3));
        CHECK(done.has_value());  // though the lock is still held
    }
    compacting.join();
    REQUIRE(!*done);
    CHECK(done->error().message == "the compaction was stopped");
    CHECK(now(*store)->get(key(1)).value() == "a");
}

TEST_CASE("PostgreSQL: a store that closes does not wait for the sweep of dead rows") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    auto store = engine.open(system_clock());
    std::atomic<bool> closed = false;
    std::thread closing;
    {
        const LockedTable locked(engine.options(), "EXCLUSIVE");
        std::this_thread::sleep_for(std::chrono::milliseconds(1'200));  // the sweeper looks every half second, and waits now
        closing = std::thread([&] {
            store.reset();
            closed = true;
        });
        std::this_thread::sleep_for(std::chrono::seconds(3));
        CHECK(closed);
    }
    closing.join();
}

}  // namespace
}  // namespace idun::store
