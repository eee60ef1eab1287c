// What it costs to ask whether a person has several numbers, with as many linked as the country may have. IDUN_BENCH_LINKED (2,000 unless set): pairs.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "people/internal/link_rows.h"
#include "people/links.h"
#include "store/testing.h"

namespace idun::people {
namespace {

std::uint64_t pairs() {
    const char* const text = std::getenv("IDUN_BENCH_LINKED");
    return text ? std::strtoull(text, nullptr, 10) : 2'000;
}

crypto::Pseudonym nth_number(std::uint64_t number) {
    crypto::Pseudonym out;
    for (std::uint64_t half = 0; half < 2; ++half) {
        std::uint64_t bits = (number * 2 + half + 1) * 0x9e3779b97f4a7c15ull;
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ull;
        __builtin_memcpy(out.bytes.data() + 8 * half, &bits, 8);
    }
    return out;
}

// Rows as statements leave them, written many at once.
struct Filled {
    store::TemporaryStore temporary;
    std::unique_ptr<Links> links;

    Filled() {
        const std::vector<Statement> said{{Instant{1'795'000'000'000}, Said::state, {By::Who::provider, "SE9910100016"}, Ground::replaced, {},
                                           {Kind::coordination_number, Kind::personal_number}, ""}};
        const std::string row = encode_statements(said);
        store::Batch batch;
        for (std::uint64_t i = 0; i < pairs(); ++i) {
            batch.put(pair_row(nth_number(2 * i), nth_number(2 * i + 1)), row);
            if (i % 10'000 != 9'999 && i + 1 != pairs()) continue;
            IDUN_CHECK(temporary.store->commit(std::move(batch)).has_value());
            batch = {};
        }
        reopen();
    }
    void reopen() { links = *Links::open(*temporary.store, system_clock()); }
};
Filled& filled() {
    static Filled out;
    return out;
}

void links_open(benchmark::State& state) {
    for (auto _ : state) filled().reopen();
    state.counters["linked"] = static_cast<double>(filled().links->size().linked);
}
BENCHMARK(links_open)->Unit(benchmark::kMillisecond);

// Somebody who has one number, as nearly everybody; `linked`: somebody who has two.
void links_of(benchmark::State& state, bool linked) {
    const Links& links = *filled().links;
    std::uint64_t at = 0, several = 0;
    const std::uint64_t from = linked ? 0 : 2 * pairs(), among = linked ? 2 * pairs() : 10'000'000;
    for (auto _ : state) {
        const Numbers numbers = links.of(nth_number(from + at++ * 7919 % among));
        several += numbers.several() ? 1 : 0;
    }
    state.counters["several"] = static_cast<double>(several) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(links_of, one_number, false);
BENCHMARK_CAPTURE(links_of, two_numbers, true);

}  // namespace
}  // namespace idun::people
