// Synced commits, reads and growth. IDUN_BENCH_POSTGRES: a libpq connection string; without it those rows are left out.
// IDUN_BENCH_FOLDER: where the embedded stores go (default: the system's temporary folder).
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <mutex>

#include "store/internal/checksum.h"
#include "store/internal/conformance.h"
#include "store/postgres.h"

namespace idun::store {
namespace {

std::uint64_t mixed(std::uint64_t number) {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebull;
    return number ^ (number >> 31);
}

// Row `number` of a store of `partitions` persons, in random order of persons: 18-byte keys, about 180-byte values.
std::string row_key(std::uint64_t number, std::uint64_t partitions) {
    std::string k = key(static_cast<int>(mixed(number) % partitions), std::to_string(number));
    k.resize(18, '.');
    return k;
}
std::string row_value(std::uint64_t number) {
    std::string value =
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":\"" + std::to_string(mixed(number));
    value.resize(150, '.');
    return value + std::to_string(mixed(number + 1));
}

Batch rows(std::uint64_t& next, std::size_t count, std::uint64_t partitions) {
    Batch batch;
    for (std::size_t i = 0; i < count; ++i, ++next) batch.put(row_key(next, partitions), row_value(next));
    return batch;
}

struct Embedded {
    Embedded() : folder(std::getenv("IDUN_BENCH_FOLDER") != nullptr ? std::getenv("IDUN_BENCH_FOLDER") : "/tmp") {}
    std::unique_ptr<Store> open() {
        EmbeddedOptions options;
        options.folder = folder / "store";
        return std::move(*open_embedded(options, system_clock()));
    }
    TempFolder folder;
};

struct Postgres {
    std::unique_ptr<Store> open() {
        const char* connection = std::getenv("IDUN_BENCH_POSTGRES");
        if (connection == nullptr) return nullptr;
        PostgresOptions options;
        options.connection = connection;
        options.schema = "bench_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
        auto store = open_postgres(options, system_clock());
        return store ? std::move(*store) : nullptr;
    }
    static inline int count = 0;
};

template <typename Engine>
std::unique_ptr<Store> opened(Engine& engine, benchmark::State& state) {
    auto store = engine.open();
    if (!store) state.SkipWithError("no such engine here");
    return store;
}

// What was computed, so that two runs can be compared.
void print_hash(benchmark::State& state, std::uint64_t hash) {
    state.counters["hash"] = static_cast<double>(hash % 1'000'000);
}

template <typename Engine>
void synced_batches(benchmark::State& state) {
    Engine engine;
    auto store = opened(engine, state);
    if (!store) return;
    std::uint64_t next = 0;
    const auto count = static_cast<std::size_t>(state.range(0));
    for (auto _ : state)
        if (!store->commit(rows(next, count, 100'000))) state.SkipWithError("commit failed");
    state.SetItemsProcessed(state.iterations() * state.range(0));
    print_hash(state, crc64(row_value(next - 1)));
}
BENCHMARK(synced_batches<Embedded>)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();
BENCHMARK(synced_batches<Postgres>)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

// Commits of one row, `range` of them under way at a time.
template <typename Engine>
void group_commit(benchmark::State& state) {
    Engine engine;
    auto store = opened(engine, state);
    if (!store) return;
    std::mutex mutex;
    std::condition_variable freed;
    std::int64_t under_way = 0;
    std::uint64_t next = 0;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        {
            std::unique_lock lock(mutex);
            freed.wait(lock, [&] { return under_way < state.range(0); });
            ++under_way;
        }
        store->commit(rows(next, 1, 100'000), [&](Result<Version> version) {
            std::lock_guard lock(mutex);
            --under_way;
            sum += version ? version->number : 0;
            freed.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return under_way == 0; });
    state.SetItemsProcessed(state.iterations());
    print_hash(state, sum);
}
BENCHMARK(group_commit<Embedded>)->Arg(1)->Arg(16)->Arg(256)->Arg(2048)->UseRealTime();
BENCHMARK(group_commit<Postgres>)->Arg(1)->Arg(16)->Arg(256)->Arg(2048)->UseRealTime();

constexpr std::uint64_t kRows = 200'000;
constexpr std::uint64_t kPersons = 2'000;

// One filled store for the read benchmarks.
template <typename Engine>
Store* filled(benchmark::State& state) {
    static Engine engine;
    static std::unique_ptr<Store> store;
    if (store) return store.get();
    store = opened(engine, state);
    std::uint64_t next = 0;
    while (store && next < kRows) IDUN_CHECK(store->commit(rows(next, 5000, kPersons)).has_value());
    return store.get();
}

template <typename Engine>
void multi_get(benchmark::State& state) {
    Store* store = filled<Engine>(state);
    if (store == nullptr) return;
    const auto snapshot = now(*store);
    std::uint64_t at = 0;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        std::vector<std::string> keys;
        for (std::int64_t i = 0; i < state.range(0); ++i) keys.push_back(row_key(mixed(++at) % kRows, kPersons));
        const auto values = snapshot->multi_get(keys);
        IDUN_CHECK(values && values->back().has_value());
        sum += values->back()->size();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    print_hash(state, sum);
}
BENCHMARK(multi_get<Embedded>)->Arg(1)->Arg(100);
BENCHMARK(multi_get<Postgres>)->Arg(1)->Arg(100)->UseRealTime();

// All rows of one person, about 100.
template <typename Engine>
void scan_person(benchmark::State& state) {
    Store* store = filled<Engine>(state);
    if (store == nullptr) return;
    const auto snapshot = now(*store);
    std::uint64_t at = 0;
    std::int64_t count = 0;
    for (auto _ : state) {
        Range range = prefix_range(key(static_cast<int>(mixed(++at) % kPersons)));
        range.reverse = state.range(0) != 0;
        const auto chunk = snapshot->scan(range);
        IDUN_CHECK(chunk.has_value());
        count += static_cast<std::int64_t>(chunk->entries.size());
    }
    state.SetItemsProcessed(count);
    print_hash(state, static_cast<std::uint64_t>(count));
}
BENCHMARK(scan_person<Embedded>)->Arg(0)->Arg(1);
BENCHMARK(scan_person<Postgres>)->Arg(0)->Arg(1)->UseRealTime();

void snapshots(benchmark::State& state) {
    Store* store = filled<Embedded>(state);
    std::uint64_t sum = 0;
    for (auto _ : state) sum += now(*store)->version().number;
    print_hash(state, sum);
}
BENCHMARK(snapshots);

// Rows a second while the store grows to `range` thousand rows, and the bytes on disk.
void growth(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        Embedded engine;
        auto store = engine.open();
        state.ResumeTiming();
        std::uint64_t next = 0;
        const auto goal = static_cast<std::uint64_t>(state.range(0)) * 1000;
        while (next < goal) IDUN_CHECK(store->commit(rows(next, 1000, goal / 100)).has_value());
        state.PauseTiming();
        store.reset();
        std::uintmax_t bytes = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(engine.folder.path()))
            if (file.is_regular_file()) bytes += file.file_size();
        state.counters["disk_MB"] = static_cast<double>(bytes) / 1e6;
        print_hash(state, next);
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * 1000);
}
// IDUN_BENCH_LARGE adds a million and ten million rows, which take minutes.
void growth_steps(benchmark::internal::Benchmark* bench) {
    bench->Arg(10)->Arg(100);
    if (std::getenv("IDUN_BENCH_LARGE") != nullptr) bench->Arg(1000)->Arg(10'000);
}
BENCHMARK(growth)->Apply(growth_steps)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::store
