// How long counting everybody takes as providers grow, with the same people: IDUN_BENCH_INDEX_PEOPLE (10,000 unless set), each at up to six
// of the providers. It should grow with what is held, not with people times providers.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <random>

#include "exchange/people_counted.h"
#include "store/testing.h"

namespace idun::exchange {
namespace {

constexpr Instant kNow{1'795'000'000'000};
const std::string kCategories[] = {"patient-summary", "test-result", "eprescription", "imaging", "discharge-report", "other"};

std::uint64_t people() {
    const char* const text = std::getenv("IDUN_BENCH_INDEX_PEOPLE");
    return text ? std::strtoull(text, nullptr, 10) : 10'000;
}

struct Country {
    explicit Country(std::uint64_t count) : providers(count) {
        std::mt19937_64 dice(7);
        std::map<std::uint64_t, std::vector<index::Pointer>> by_provider;
        for (std::uint64_t number = 0; number < people(); ++number) {
            crypto::Pseudonym person;
            for (auto& byte : person.bytes) byte = static_cast<std::uint8_t>(dice());
            std::map<std::pair<std::uint64_t, std::size_t>, bool> held;
            for (std::uint64_t i = 0; i < 9; ++i) held[{dice() % std::min<std::uint64_t>(count, 6) + (count > 6 ? number % (count - 6) : 0), dice() % 6}] = true;
            for (const auto& [key, there] : held)
                by_provider[key.first].push_back({.person = person, .category = kCategories[key.second], .newest = kNow, .source_version = 1});
        }
        for (const auto& [provider, pointers] : by_provider)
            for (std::size_t at = 0; at < pointers.size(); at += index::kBatchMax)
                IDUN_CHECK(index->put("SE" + std::to_string(provider), std::span(pointers).subspan(at, std::min(index::kBatchMax, pointers.size() - at)), {kNow, 1}).has_value());
        IDUN_CHECK(index->settled(std::chrono::seconds(60)));
    }
    ProvidersByType by_type() const {
        ProvidersByType out;
        for (std::uint64_t provider = 0; provider < providers; ++provider) out[provider % 3 == 0 ? "prov" : provider % 3 == 1 ? "pharmacy" : "dental"].push_back("SE" + std::to_string(provider));
        return out;
    }

    std::uint64_t providers;
    store::TemporaryStore temporary;
    std::unique_ptr<index::Index> index = *index::Index::open(*temporary.store);
};

void count_people(benchmark::State& state) {
    const Country country(static_cast<std::uint64_t>(state.range(0)));
    const ProvidersByType providers = country.by_type();
    PeopleCounted counted;
    for (auto _ : state) counted = *people_at(*country.index, providers);
    std::uint64_t hash = counted.all;
    for (const auto* counts : {&counted.by_category, &counted.by_type})
        for (const auto& [word, count] : *counts) hash = hash * 31 + count;
    state.counters["people"] = static_cast<double>(counted.all);
    state.SetLabel("hash " + std::to_string(hash));
}
BENCHMARK(count_people)->Arg(1)->Arg(10)->Arg(300)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::exchange
