#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "json/document.h"
#include "json/writer.h"

namespace {

using idun::json::Document;

// One bundle that looks like a record system's: about 60 kB, indented as such files are.
std::string made_bundle() {
    std::string text = "{\n  \"resourceType\": \"Bundle\",\n  \"type\": \"transaction\",\n  \"entry\": [";
    for (int i = 0; i < 60; ++i) {
        text += i == 0 ? "\n" : ",\n";
        text += R"(    {
      "fullUrl": "urn:uuid:4a9a4a6c-2c11-4f3c-8a5c-0123456789ab",
      "resource": {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2", "display": "Body Height"}], "text": "Body Height"},
        "subject": {"reference": "urn:uuid:0f2a6b5e-0000-4000-8000-00000000beef"},
        "effectiveDateTime": "2012-04-05T10:20:30+02:00",
        "valueQuantity": {"value": 171.40, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"}
      },
      "request": {"method": "POST", "url": "Observation"}
    })";
    }
    return text + "\n  ]\n}\n";
}

// IDUN_BENCH_JSON names a file to read instead.
const std::string& sample() {
    static const std::string text = [] {
        const char* path = std::getenv("IDUN_BENCH_JSON");
        if (path == nullptr) return made_bundle();
        std::ifstream in(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    return text;
}

const std::string& small() {
    static const std::string text = [] {
        const auto bundle = Document::parse(made_bundle());
        return idun::json::to_text(bundle->root()["entry"][0]["resource"]);
    }();
    return text;
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void parse(benchmark::State& state, const std::string& text) {
    std::size_t hash = 0;
    for (auto _ : state) {
        const auto document = Document::parse(text);
        hash = document->root().size();
        benchmark::DoNotOptimize(hash);
    }
    count_bytes(state, text.size());
    state.SetLabel("members " + std::to_string(hash));
}

void parse_bundle(benchmark::State& state) { parse(state, sample()); }
void parse_small(benchmark::State& state) { parse(state, small()); }

void write_bundle(benchmark::State& state) {
    const auto document = Document::parse(sample());
    std::size_t bytes = 0;
    for (auto _ : state) {
        const std::string text = idun::json::to_text(document->root());
        bytes = text.size();
        benchmark::DoNotOptimize(text.data());
    }
    count_bytes(state, bytes);
    state.SetLabel("bytes " + std::to_string(bytes));
}

BENCHMARK(parse_bundle);
BENCHMARK(parse_small);
BENCHMARK(write_bundle);

}  // namespace
