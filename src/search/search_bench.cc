// Reading queries, and judging a resource by one.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "fhir/definitions.h"
#include "search/evaluate.h"
#include "search/query.h"

namespace idun::search {
namespace {

const Registry& known() {
    return Registry::r4();
}

constexpr const char* kObservation =
    R"({"resourceType":"Observation","id":"1","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"Hemoglobin"}]},"subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/2"},)"
    R"("effectiveDateTime":"2026-03-01T08:00:00Z","valueQuantity":{"value":131.50,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}})";

using Pairs = std::vector<std::pair<std::string, std::string>>;
const std::vector<Pairs>& queries() {
    static const std::vector<Pairs> made = {
        {{"patient", "1"}, {"code", "http://loinc.org|718-7"}},
        {{"patient", "1"}, {"date", "ge2026-01-01"}, {"date", "lt2027"}, {"category", "laboratory"}, {"_sort", "-date"}, {"_count", "20"}},
        {{"value-quantity", "gt13|http://unitsofmeasure.org|g/dL"}},
        {{"subject:Patient.organization.name", "x"}, {"_include", "Observation:patient"}},
    };
    return made;
}

void BM_Registry(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(Registry(fhir::Definitions::r4()).of("Patient").size());
}
BENCHMARK(BM_Registry)->Unit(benchmark::kMillisecond);

void BM_Parse(benchmark::State& state) {
    const Pairs& query = queries()[static_cast<std::size_t>(state.range(0))];
    for (auto _ : state) {
        if (!parse_search(known(), {"Observation"}, query, {.base_url = "http://here"})) abort();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Parse)->DenseRange(0, 3);

void BM_Judge(benchmark::State& state) {
    const auto query = parse_search(known(), {"Observation"}, queries()[static_cast<std::size_t>(state.range(0))], {.base_url = "http://here"});
    const auto document = json::Document::parse(kObservation);
    int hits = 0;
    for (auto _ : state) {
        for (const Clause& clause : query->clauses) hits += fits(clause, document->root(), {.now = {0}, .base_url = "http://here"}) ? 1 : 0;
    }
    benchmark::DoNotOptimize(hits);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Judge)->DenseRange(0, 2);

}  // namespace
}  // namespace idun::search
