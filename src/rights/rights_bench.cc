#include <benchmark/benchmark.h>

#include "rights/decide.h"
#include "rights/facts.h"

using namespace idun;
using namespace idun::rights;

namespace {

void decide_shared_care(benchmark::State& state) {
    std::vector<Block> blocks;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        blocks.push_back({"b" + std::to_string(i), "SE" + std::to_string(i), "", ""});
    const Request request{.purpose = Purpose::TREAT,
                          .role = Role::clinician,
                          .provider_id = "SE2321000131",
                          .unit_id = "E1",
                          .is_the_person = false,
                          .care_relation = true};
    const Facts facts{false, blocks};
    const Record record{"SE2321000016", "laboratory"};
    for (auto _ : state) benchmark::DoNotOptimize(decide(request, facts, record));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::string(id(decide(request, facts, record).rule)));
}
BENCHMARK(decide_shared_care)->Arg(0)->Arg(10)->Arg(100);

void facts_decode(benchmark::State& state) {
    const PersonFacts facts{7, true, {{"b1", "SE1", "", ""}, {"b2", "SE2", "", ""}}};
    const std::string bytes = encode(facts);
    for (auto _ : state) benchmark::DoNotOptimize(decode_person_facts(bytes));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(bytes.size()));
}
BENCHMARK(facts_decode);

}  // namespace
