// Whole lives as resources, and pointers alone.
#include <benchmark/benchmark.h>

#include "synth/country.h"

namespace idun::synth {
namespace {

std::unique_ptr<const Country> country(std::uint64_t people) {
    auto out = Country::make({.people = people});
    IDUN_CHECK(out.has_value());
    return std::move(*out);
}

void whole_lives(benchmark::State& state) {
    const auto sweden = country(1'000'000);
    Worker worker(*sweden);
    std::uint64_t from = 0;
    std::size_t bytes = 0;
    std::size_t resources = 0;
    std::uint64_t hash = 0;
    for (auto _ : state) {
        const Status done = worker.each(from, from + kParish, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
            const Lines& lines = worker.resources(person, parish, life);
            for (const std::uint16_t provider : lines.touched()) {
                bytes += lines.text(provider).size();
                resources += lines.count(provider);
                hash = Chance::mixed(hash ^ lines.text(provider).size());
            }
            return {};
        });
        IDUN_CHECK(done.has_value());
        from += kParish;
    }
    const auto lives = static_cast<double>(from);
    state.counters["lives/s"] = benchmark::Counter(lives, benchmark::Counter::kIsRate);
    state.counters["resources/life"] = static_cast<double>(resources) / lives;
    state.counters["bytes/life"] = static_cast<double>(bytes) / lives;
    state.counters["hash"] = static_cast<double>(hash % 1'000'000);
}
BENCHMARK(whole_lives)->Unit(benchmark::kMillisecond);

void pointers_alone(benchmark::State& state) {
    const auto sweden = country(1'000'000);
    Worker worker(*sweden);
    std::uint64_t from = 0;
    std::size_t pointers = 0;
    std::uint64_t hash = 0;
    for (auto _ : state) {
        const Status done = worker.each(from, from + kParish, [&](const Person&, std::span<const Person>, const Life& life) -> Status {
            for (const PointerSeen& one : worker.pointers(life)) {
                ++pointers;
                hash = Chance::mixed(hash ^ static_cast<std::uint64_t>(one.newest_ms));
            }
            return {};
        });
        IDUN_CHECK(done.has_value());
        from += kParish;
    }
    const auto lives = static_cast<double>(from);
    state.counters["pointers/s"] = benchmark::Counter(static_cast<double>(pointers), benchmark::Counter::kIsRate);
    state.counters["pointers/life"] = static_cast<double>(pointers) / lives;
    state.counters["hash"] = static_cast<double>(hash % 1'000'000);
}
BENCHMARK(pointers_alone)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::synth
