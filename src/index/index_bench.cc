// The country's index: filling, looking up, comparing, opening. IDUN_BENCH_INDEX_PEOPLE (10,000 unless set) people with
// about nine pointers each over one to six of 400 providers; IDUN_BENCH_FOLDER: where the store goes; or IDUN_BENCH_POSTGRES, a libpq
// connection string, and IDUN_BENCH_POSTGRES_DATA, that server's folder. tools/measure-index runs it as it grows. One program run fills one
// store, and leaves a schema to whoever throws the server away.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "index/index.h"
#include "store/compact.h"
#include "store/internal/conformance.h"
#include "store/postgres.h"

namespace idun::index {
namespace {

constexpr std::uint64_t kProviders = 400;
constexpr std::int64_t kNow = 1'795'000'000;  // seconds; late in 2026
const std::string kCategories[] = {"other",   "patient-summary",  "test-result", "eprescription", "edispensation",
                                   "imaging", "discharge-report", "vaccination", "dental",        "home-care"};

std::uint64_t mixed(std::uint64_t number) {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebull;
    return number ^ (number >> 31);
}

std::uint64_t people() {
    static const char* const text = std::getenv("IDUN_BENCH_INDEX_PEOPLE");
    static const std::uint64_t count = text ? std::strtoull(text, nullptr, 10) : 10'000;
    return count;
}

crypto::Pseudonym nth_person(std::uint64_t number) {
    crypto::Pseudonym out;
    for (int half = 0; half < 2; ++half) {
        const std::uint64_t bits = mixed(number * 2 + static_cast<std::uint64_t>(half) + 0x9e3779b97f4a7c15ull);
        __builtin_memcpy(out.bytes.data() + 8 * half, &bits, 8);
    }
    return out;
}

std::string nth_provider(std::uint64_t number) { return fmt::format("SE2321{:06}-1A{:02}", number, number % 100); }

// Where a person has data: region (large), then private clinics, dentists, municipalities. 3.3 providers on average.
std::uint64_t providers_of(std::uint64_t person) { return 1 + mixed(person * 31 + 7) % 6 * (mixed(person * 31 + 8) % 3 != 0 ? 1 : 0); }
std::uint64_t provider_of(std::uint64_t person, std::uint64_t place) {
    const std::uint64_t bits = mixed(person * 64 + place);
    if (place == 0) return bits % 21;
    return 21 + (bits % (kProviders / 6)) * 6 + place;  // distinct by place
}
// How many categories it has of her: 1 to 6, mostly few.
std::uint64_t categories_at(std::uint64_t person, std::uint64_t place) {
    const std::uint64_t bits = mixed(person * 64 + place + 17) % 16;
    return place == 0 ? 3 + bits % 5 : 1 + bits % 4;
}

// What provider `place` of a person says of her: updates over the last ten years, each at the version it was told in.
void append_pointers(std::vector<Pointer>& out, std::uint64_t person, std::uint64_t place, bool first_load) {
    const std::uint64_t start = mixed(person + place) % 10;
    const std::uint64_t count = categories_at(person, place);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t bits = mixed(person * 1024 + place * 64 + i);
        const std::int64_t age = static_cast<std::int64_t>(bits % (10ull * 366 * 86'400));
        const std::uint64_t version = first_load ? 1'000'000 : 1'000'000 + (bits >> 32) % 100'000'000;
        out.push_back({nth_person(person), kCategories[(start + i) % 10], {(kNow - age) * 1000}, version});
    }
}

std::string setting(const char* name, const char* otherwise) {
    const char* const text = std::getenv(name);
    return text ? text : otherwise;
}

struct Country {
    store::TempFolder place{setting("IDUN_BENCH_FOLDER", "/tmp")};
    const std::string postgres = setting("IDUN_BENCH_POSTGRES", "");
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Index> index;
    std::uint64_t pointers = 0;
    double load_s = 0;

    Country() {
        open();
        const auto begun = std::chrono::steady_clock::now();
        fill();
        load_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    store::EmbeddedOptions embedded() const {
        store::EmbeddedOptions options;
        options.folder = place / "store";
        return options;
    }
    void open() {
        store = std::move(postgres.empty() ? *store::open_embedded(embedded(), system_clock())
                                           : *store::open_postgres({.connection = postgres, .schema = "bench_index"}, system_clock()));
        index = std::move(*Index::open(*store));
    }
    void close() {
        index.reset();
        store.reset();
    }

    // Source after source, as a country is connected: everything that it has, 10,000 pointers at a time.
    void fill() {
        std::vector<std::vector<std::pair<std::uint32_t, std::uint8_t>>> by_provider(kProviders + 30);
        for (std::uint64_t person = 0; person < people(); ++person)
            for (std::uint64_t at = 0; at < providers_of(person); ++at)
                by_provider[provider_of(person, at)].emplace_back(static_cast<std::uint32_t>(person), static_cast<std::uint8_t>(at));
        std::vector<Pointer> batch;
        for (std::uint64_t provider = 0; provider < by_provider.size(); ++provider) {
            for (const auto& [person, at] : by_provider[provider]) {
                if (batch.size() + 10 > kBatchMax) send(provider, batch);
                append_pointers(batch, person, at, std::getenv("IDUN_BENCH_FIRST_LOAD") != nullptr);
            }
            send(provider, batch);
        }
    }
    void send(std::uint64_t provider, std::vector<Pointer>& batch) {
        if (batch.empty()) return;
        IDUN_CHECK(index->put(nth_provider(provider), batch, {{kNow * 1000}, 1'000'000}).has_value());
        pointers += batch.size();
        batch.clear();
    }
    std::uint64_t disk() const {
        std::uint64_t bytes = 0;
        const std::string folder = postgres.empty() ? place.path() : setting("IDUN_BENCH_POSTGRES_DATA", "/nowhere");
        for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
            if (file.is_regular_file()) bytes += file.file_size();
        return bytes;
    }
};

Country& country() {
    static Country one;
    return one;
}

double memory_mib(const char* name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name)) return std::strtod(line.c_str() + line.find_first_of("0123456789"), nullptr) / 1024;
    return 0;
}

// Not timed again: it tells how the filling went.
void filled(benchmark::State& state) {
    Country& c = country();
    for (auto _ : state) benchmark::DoNotOptimize(c.pointers);
    state.counters["pointers"] = static_cast<double>(c.pointers);
    state.counters["load_s"] = c.load_s;
    state.counters["pointers_per_s"] = static_cast<double>(c.pointers) / c.load_s;
    state.counters["copy_MiB"] = static_cast<double>(c.index->progress().bytes) / 1048576;
    state.counters["disk_as_left"] = static_cast<double>(c.disk()) / static_cast<double>(c.pointers);
    state.counters["peak_MiB"] = memory_mib("VmHWM");
    state.counters["resident_MiB"] = memory_mib("VmRSS");
}
BENCHMARK(filled)->Iterations(1);

void looked_up(benchmark::State& state) {
    const Index& index = *country().index;
    if (state.thread_index() == 0) IDUN_CHECK(index.settled(std::chrono::minutes(10)));
    std::uint64_t at = static_cast<std::uint64_t>(state.thread_index()) << 40;
    std::uint64_t found = 0;
    for (auto _ : state) {
        const auto holdings = index.holdings(nth_person(mixed(++at) % people()));
        for (const Holding& holding : *holdings) found += holding.parts.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["hash"] = benchmark::Counter(static_cast<double>(found % 1000), benchmark::Counter::kAvgThreads);
}
BENCHMARK(looked_up)->Threads(1)->Threads(2)->UseRealTime();

// All sums of one large source, in the first step of a comparison.
void summed(benchmark::State& state) {
    const Index& index = *country().index;
    IDUN_CHECK(index.settled(std::chrono::minutes(10)));
    const auto key = *crypto::MultisetKey::from(std::string(16, 'k'));
    std::uint64_t hash = 0;
    for (auto _ : state) hash += index.sums(nth_provider(3), key, {}, 3)->front().hash.low;
    state.counters["hash"] = static_cast<double>(hash % 1000);
}
BENCHMARK(summed)->Unit(benchmark::kMillisecond);

// From a closed store to the first answer, and until the copy in memory is whole. What lies on the disk after merging.
void opened(benchmark::State& state) {
    Country& c = country();
    for (auto _ : state) {
        state.counters["disk_merged"] = static_cast<double>(store::compact(*c.store)->after) / static_cast<double>(c.pointers);
        c.close();
        const auto begun = std::chrono::steady_clock::now();
        c.open();
        IDUN_CHECK(!c.index->holdings(nth_person(1))->empty());
        const auto answered = std::chrono::steady_clock::now();
        IDUN_CHECK(c.index->settled(std::chrono::minutes(30)));
        const auto whole = std::chrono::steady_clock::now();
        state.counters["first_answer_s"] = std::chrono::duration<double>(answered - begun).count();
        state.counters["copy_whole_s"] = std::chrono::duration<double>(whole - begun).count();
        state.counters["resident_MiB"] = memory_mib("VmRSS");
        state.counters["copy_MiB"] = static_cast<double>(c.index->progress().bytes) / 1048576;
        state.counters["hash"] = static_cast<double>(c.index->progress().people);
    }
}
BENCHMARK(opened)->Iterations(1)->UseRealTime();

// A day's updates: single pointers of many persons at a source, one batch each time.
void updated(benchmark::State& state) {
    Country& c = country();
    std::uint64_t round = 0;
    std::int64_t now = kNow + 1;
    for (auto _ : state) {
        std::vector<Pointer> batch;
        std::uint64_t person = mixed(++round) % people();
        for (std::int64_t i = 0; i < state.range(0); ++i, person = (person + 1) % people())
            batch.push_back({nth_person(person), kCategories[2], {++now * 1000}, 200'000'000 + round});
        IDUN_CHECK(c.index->put(nth_provider(7), batch, {{now * 1000}, 200'000'000}).has_value());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["hash"] = static_cast<double>(round % 1000);
}
BENCHMARK(updated)->Arg(1)->Arg(100)->Arg(5000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::index
