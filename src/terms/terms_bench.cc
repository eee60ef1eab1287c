// member_of of a compiled set, and expansions of a code system as large as ICD-10-SE (35,684 codes, made up here).
#include <benchmark/benchmark.h>

#include "terms/operations.h"

using namespace idun;
using namespace idun::terms;

namespace {

constexpr int kCodes = 35'684;

const Terms& terms() {
    static const Terms all = [] {
        std::string text = R"({"resourceType":"CodeSystem","url":"http://large","content":"complete","concept":[)";
        static const char* const kWords[] = {"Sjukdom", "orsakad", "av", "infektion", "ospecificerad", "kronisk", "akut", "tumör", "lunga", "njure", "blödning", "fraktur"};
        for (int i = 0; i < kCodes; ++i) {
            text += std::string(i == 0 ? "" : ",") + R"({"code":")" + static_cast<char>('A' + i % 26) + std::to_string(10'000 + i / 26) + R"(","display":")";
            for (int word = 0; word < 6; ++word) text += std::string(word == 0 ? "" : " ") + kWords[(i * 7 + word * 5 + i / 12 * word) % 12];
            text += "\"}";
        }
        const std::vector<std::pair<std::string, std::string>> files = {{"large", text + "]}"}};
        return Terms(fhir::PackageSet({fhir::Package::r4_core(), fhir::Package::of(files)}));
    }();
    return all;
}

void member_of(benchmark::State& state, const char* value_set, const char* system, const char* code) {
    std::size_t in = 0;
    for (auto _ : state) in += terms().member_of(value_set, {.system = system, .code = code}) == Membership::in;
    state.SetLabel(in == static_cast<std::size_t>(state.iterations()) ? "all in" : in == 0 ? "all out" : "mixed");
}

void check_code(benchmark::State& state) {
    std::size_t known = 0;
    for (auto _ : state) known += terms().check({.system = "http://large", .code = "C10077", .display = ""}).verdict == fhir::CodeCheck::Verdict::known;
    state.SetLabel(known > 0 ? "known" : "unknown");
}

void expand_filtered(benchmark::State& state, const char* filter, const char* count) {
    const Inputs inputs = Inputs::from_query({{"url", "http://large?vs"}, {"filter", filter}, {"count", count}});
    std::size_t bytes = 0;
    for (auto _ : state) bytes = expand(terms(), inputs, {.now = "2026-11-25T22:00:00Z", .identifier = "urn:uuid:x"}).value().size();
    state.SetLabel(std::to_string(bytes) + " bytes");
}

void compile_core_set(benchmark::State& state) {
    std::size_t size = 0;
    for (auto _ : state) {
        const Terms fresh(fhir::PackageSet::r4_core());
        size = (*fresh.code_set("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode"))->size();
    }
    state.SetLabel(std::to_string(size) + " codes, with the loading of the package's list");
}

}  // namespace

BENCHMARK_CAPTURE(member_of, small_set_in, "http://hl7.org/fhir/ValueSet/observation-status", "http://hl7.org/fhir/observation-status", "final");
BENCHMARK_CAPTURE(member_of, small_set_out, "http://hl7.org/fhir/ValueSet/observation-status", "http://hl7.org/fhir/observation-status", "finished");
BENCHMARK_CAPTURE(member_of, large_system, "http://large?vs", "http://large", "C10077");
BENCHMARK_CAPTURE(member_of, large_filter, "http://terminology.hl7.org/ValueSet/v3-ActCode", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB");
BENCHMARK(check_code);
BENCHMARK_CAPTURE(expand_filtered, one_word, "njure", "20");
BENCHMARK_CAPTURE(expand_filtered, two_words, "blod kron", "20");
BENCHMARK_CAPTURE(expand_filtered, none, "zebra", "20");
BENCHMARK_CAPTURE(expand_filtered, page_of_all, "", "1000");
BENCHMARK(compile_core_set);
