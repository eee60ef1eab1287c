#include <benchmark/benchmark.h>

#include "rights/decide.h"
#include "rights/facts.h"

using namespace idun;
using namespace idun::rights;

namespace {

constexpr Instant kNow{1'795'428'000'123};

Block block(std::size_t number, Scope scope) {
    return {.fact_id = "b" + std::to_string(1000 + number), .scope = std::move(scope), .from = {0}};
}

Request clinician() {
    return {.now = kNow,
            .purpose = Purpose::TREAT,
            .role = Role::clinician,
            .user_id = "u1",
            .provider_id = "SE2321000131",
            .unit_id = "SE2321000131-E1",
            .task = "physician",
            .care = Care::declared};
}

constexpr std::string_view kCategories[] = {"patient-summary", "test-result", "imaging", "eprescription"};

// What a node has of a person, as texts that records borrow.
struct Records {
    std::vector<std::string> entries;
    std::vector<Record> records;

    explicit Records(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) entries.push_back("Observation/5b1c2f0e-" + std::to_string(10'000 + i));
        for (std::size_t i = 0; i < count; ++i) {
            const Instant day{kNow.ms - static_cast<std::int64_t>(i) * 86'400'000};
            records.push_back({.provider_id = "SE2321000016",
                               .unit_id = i % 3 == 0 ? "SE2321000016-E1" : "SE2321000016-E2",
                               .category = kCategories[i % 4],
                               .entry = entries[i],
                               .date = Period{day, day}});
        }
    }
};

// Facts of all kinds, of which few records are hidden.
std::vector<Block> blocks_of(std::size_t count) {
    std::vector<Block> out;
    for (std::size_t i = 0; i < count; ++i) {
        Scope scope{.provider_id = "SE2321000016"};
        if (i % 2 == 0)
            scope.entry = "Observation/5b1c2f0e-" + std::to_string(10'000 + 17 * i);
        else if (i % 4 == 1)
            scope.unit_id = "SE2321000016-E" + std::to_string(10 + i);
        else
            scope.element = "element-" + std::to_string(i);
        out.push_back(block(i, std::move(scope)));
    }
    return out;
}

void decide_records(benchmark::State& state) {
    const Records all(1024);
    const std::vector<Block> blocks = blocks_of(static_cast<std::size_t>(state.range(0)));
    const RuleTable table = sweden();
    const Judge judge(clinician(), {.blocks = blocks}, table);
    std::size_t i = 0, permitted = 0;
    for (auto _ : state) permitted += judge(all.records[i++ & 1023]).permit ? 1 : 0;
    benchmark::DoNotOptimize(permitted);
    state.SetItemsProcessed(state.iterations());
    permitted = 0;
    for (const Record& record : all.records) permitted += judge(record).permit ? 1 : 0;
    state.SetLabel(std::to_string(permitted) + " of 1024 permitted");
}
BENCHMARK(decide_records)->Arg(0)->Arg(4)->Arg(12)->Arg(100)->Arg(200);

void decide_once(benchmark::State& state) {
    const Records all(1);
    const std::vector<Block> blocks = blocks_of(static_cast<std::size_t>(state.range(0)));
    const RuleTable table = sweden();
    for (auto _ : state) benchmark::DoNotOptimize(decide(clinician(), {.blocks = blocks}, all.records[0], table));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decide_once)->Arg(0)->Arg(4)->Arg(200);

// What a search over 3,000 records of a person with 200 facts pays for rights.
void search_3000_with_200_facts(benchmark::State& state) {
    const Records all(3000);
    const std::vector<Block> blocks = blocks_of(200);
    const RuleTable table = sweden();
    std::size_t permitted = 0;
    for (auto _ : state) {
        const Judge judge(clinician(), {.blocks = blocks}, table);
        permitted = 0;
        for (const Record& record : all.records) permitted += judge(record).permit ? 1 : 0;
    }
    state.SetLabel(std::to_string(permitted) + " permitted");
}
BENCHMARK(search_3000_with_200_facts)->Unit(benchmark::kMillisecond);

void facts_decode(benchmark::State& state) {
    PersonFacts facts{.number = 7, .opted_out = true};
    facts.blocks = {block(1, {.provider_id = "SE2321000016"}), block(2, {.category = "imaging"})};
    const std::string bytes = encode(facts);
    for (auto _ : state) benchmark::DoNotOptimize(decode_person_facts(bytes));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(bytes.size()) + " bytes");
}
BENCHMARK(facts_decode);

// One in three has opted out, the others have one to five blocks of all kinds.
std::string facts_of_one(std::uint64_t number) {
    PersonFacts out{.number = number, .opted_out = number % 3 == 0};
    for (std::size_t i = 0; !out.opted_out && i <= number % 5; ++i)
        out.blocks.push_back({.fact_id = "5b1c2f0e-98c4-4c1e-9f5c-0000000000" + std::to_string(10 + i),
                              .layer = i % 2 == 0 ? Layer::outer : Layer::inner,
                              .scope = {.provider_id = "SE2321000016", .category = i % 3 == 0 ? "imaging" : ""},
                              .from = kNow});
    return encode(out);
}

// 3 % of 10.7 million people, as the hub keeps them: the bytes of their rows, and reading every one of them.
void country_of_facts(benchmark::State& state) {
    constexpr std::uint64_t kPersons = 321'000;
    std::vector<std::string> rows;
    std::size_t bytes = 0;
    for (std::uint64_t i = 1; i <= kPersons; ++i) {
        rows.push_back(facts_of_one(i));
        bytes += crypto::kPseudonymBytes + rows.back().size();
    }
    for (auto _ : state)
        for (const std::string& row : rows)
            if (!decode_person_facts(row)) state.SkipWithError("not read");
    state.SetLabel(std::to_string(bytes >> 20) + " MiB");
}
BENCHMARK(country_of_facts)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
