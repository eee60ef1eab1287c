// A source is held against the index and corrected: what it was told, read from its store; sums over the wire's messages, without the wire; corrections.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>

#include "index/comparison.h"
#include "publish/told.h"
#include "store/testing.h"

namespace idun::publish {
namespace {

constexpr int kDiffer = 100;
constexpr std::int64_t kNow = 1'795'000'000;
const std::string kProvider = "SE2321000016-1A01";
constexpr const char* kCategories[] = {"discharge-report", "edispensation", "eprescription", "imaging", "other", "patient-summary", "test-result"};

crypto::Pseudonym person(std::uint64_t number) {
    std::string bytes;
    for (std::uint64_t half = 0; half < 2; ++half) {
        std::uint64_t bits = (number * 2 + half + 1) * 0x9e3779b97f4a7c15ull;
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ull;
        bits ^= bits >> 31;
        bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    }
    return *crypto::Pseudonym::from(bytes);
}

// A source of so many pointers, seven a person, and an index that was told all of them.
struct Both {
    store::TemporaryStore here, there;
    std::unique_ptr<index::Index> index = *index::Index::open(*there.store);
    std::vector<index::Pointer> all;

    explicit Both(std::uint64_t pointers) {
        std::map<crypto::Pseudonym, std::uint64_t> people;
        for (std::uint64_t i = 0; i < pointers / std::size(kCategories); ++i) people.emplace(person(i), i);
        for (const auto& [who, number] : people)
            for (std::size_t i = 0; i < std::size(kCategories); ++i)
                all.push_back({who, kCategories[i], {(kNow - static_cast<std::int64_t>(number * 7 + i)) * 1000}, 1});
        IDUN_CHECK(write_told(*here.store, all, {kNow * 1000}).has_value());
        tell(all, 1);
        IDUN_CHECK(index->settled(std::chrono::minutes(5)));
    }
    void tell(std::span<const index::Pointer> pointers, std::uint64_t version) {
        for (; !pointers.empty(); pointers = pointers.subspan(std::min(pointers.size(), index::kBatchMax)))
            IDUN_CHECK(index->put(kProvider, pointers.first(std::min(pointers.size(), index::kBatchMax)), {{kNow * 1000}, version}).has_value());
    }
    // The index comes to say something else of some, all over it.
    void spoil() {
        std::vector<index::Pointer> some;
        for (int i = 0; i < kDiffer; ++i) {
            some.push_back(all[static_cast<std::size_t>(i) * (all.size() / kDiffer)]);
            some.back().newest.ms -= 1'000'000'000'000;
            some.back().if_believed = index::Belief{1};
        }
        tell(some, 1);
    }
};

void source_held_against_index(benchmark::State& state) {
    Both both(static_cast<std::uint64_t>(state.range(0)));
    std::size_t bytes = 0, questions = 0;
    for (auto _ : state) {
        state.PauseTiming();
        both.spoil();
        state.ResumeTiming();
        const auto told = *told_pointers(**both.here.store->snapshot());
        const auto key = *crypto::MultisetKey::from(std::string(16, 'k'));
        const auto differences = *index::find_differences(told, key, [&](const std::string& question) {
            return index::answer_comparison(*both.index, kProvider, json::Document::parse(question)->root());
        });
        IDUN_CHECK(differences.found.size() == kDiffer);
        std::vector<index::Pointer> corrections;
        for (const index::Difference& one : differences.found)
            corrections.push_back({one.person, one.category, *one.here, 1, false, index::Belief{one.there->source_version}});
        both.tell(corrections, 1);
        bytes = differences.bytes;
        questions = differences.questions;
    }
    state.counters["pointers"] = static_cast<double>(both.all.size());
    state.counters["bytes"] = static_cast<double>(bytes);
    state.counters["questions"] = static_cast<double>(questions);
}
// IDUN_BENCH_COMPARED: one more size, such as 1000000; it takes a while to fill.
void sizes(benchmark::internal::Benchmark* bench) {
    bench->Arg(10'000)->Arg(100'000);
    if (const char* more = std::getenv("IDUN_BENCH_COMPARED")) bench->Arg(std::atoll(more));
}
BENCHMARK(source_held_against_index)->Apply(sizes)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::publish
