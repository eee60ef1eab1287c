// Validation over resources as they come: Synthea's people and SYNDERAI's European patients from ../shared when that is
// there, else a handful written here. Each resource is judged by itself, as a write judges it.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "json/writer.h"
#include "terms/terms.h"
#include "validation/guides.h"

namespace {

using namespace idun;
namespace fs = std::filesystem;

constexpr std::size_t kResourcesMax = 20'000;

const char* const kFallback[] = {
    R"({"resourceType":"Patient","id":"p1","name":[{"use":"official","family":"Made","given":["Up"]}],"gender":"female","birthDate":"1987-05-14"})",
    R"({"resourceType":"Observation","id":"o1","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2012-04-05T10:20:30+02:00",
        "valueQuantity":{"value":171.4,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})",
    R"({"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/p1"},
        "period":{"start":"2012-04-05T10:20:30+02:00","end":"2012-04-05T10:50:30+02:00"}})",
};

std::string shared(const char* folder) { return std::string(IDUN_SOURCE_DIR) + "/../shared/data/" + folder; }

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The resources of all bundles in a folder, each as a document of its own.
std::vector<json::Document> resources_in(const std::string& folder) {
    std::vector<json::Document> out;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
        if (entry.path().extension() != ".json" || out.size() >= kResourcesMax) continue;
        const auto document = json::Document::parse(text_of(entry.path()));
        if (!document) continue;
        for (const json::Value e : document->root()["entry"].elements()) {
            if (!e["resource"].is_object() || out.size() >= kResourcesMax) continue;
            auto one = json::Document::parse(json::to_text(e["resource"]));
            if (one) out.push_back(std::move(*one));
        }
    }
    if (out.empty()) {
        for (const char* text : kFallback) out.push_back(std::move(*json::Document::parse(text)));
    }
    return out;
}

struct World {
    explicit World(const std::vector<std::string>& paths)
        : packages(fhir::PackageSet::load(paths).value_or(fhir::PackageSet::r4_core())), terms(packages), guides(packages, &terms) {}
    fhir::PackageSet packages;
    terms::Terms terms;
    validation::Guides guides;
};

std::vector<std::string> european() {
    std::vector<std::string> out;
    for (const char* guide : {"ips", "eu-extensions", "eu-base", "eu-laboratory", "eu-hdr", "eu-eps"}) {
        const std::string path = shared("eu-ig/") + guide + "/definitions";
        if (fs::exists(path)) out.push_back(path);
    }
    return out;
}

const World& core_world() {
    static const World world({});
    return world;
}
const World& european_world() {
    static const World world(european());
    return world;
}
const std::vector<json::Document>& synthea() {
    static const auto documents = resources_in(shared("synthea-r4"));
    return documents;
}
const std::vector<json::Document>& synderai() {
    static const auto documents = resources_in(shared("synderai-eehrxf"));
    return documents;
}

void run(benchmark::State& state, const World& world, const std::vector<json::Document>& documents, const validation::Options& options) {
    std::size_t issues = 0;
    std::size_t at = static_cast<std::size_t>(state.thread_index()) * 977;
    // What is compiled once is compiled before the clock starts.
    for (const json::Document& d : documents) issues += world.guides.validator().validate(d.root(), options).size();
    for (auto _ : state) {
        const json::Document& document = documents[at++ % documents.size()];
        benchmark::DoNotOptimize(world.guides.validator().validate(document.root(), options));
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel("items are resources of " + std::to_string(documents.size()) + "; issues " + std::to_string(issues));
}

// R4's own rules, without profiles and without code systems.
void base(benchmark::State& state) {
    validation::Options options;
    options.declared = false;
    static const validation::Guides guides(fhir::PackageSet::r4_core());
    std::size_t issues = 0;
    std::size_t at = static_cast<std::size_t>(state.thread_index()) * 977;
    for (const json::Document& d : synthea()) issues += guides.validator().validate(d.root(), options).size();
    for (auto _ : state) benchmark::DoNotOptimize(guides.validator().validate(synthea()[at++ % synthea().size()].root(), options));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel("items are resources of " + std::to_string(synthea().size()) + "; issues " + std::to_string(issues));
}
BENCHMARK(base)->Threads(1)->Threads(2)->UseRealTime();

// The same with code systems and value sets.
void base_with_terminology(benchmark::State& state) {
    validation::Options options;
    options.declared = false;
    run(state, core_world(), synthea(), options);
}
BENCHMARK(base_with_terminology)->Threads(1)->Threads(2)->UseRealTime();

// European resources by all that they declare: patient summaries, laboratory and discharge reports.
void declared_profiles(benchmark::State& state) { run(state, european_world(), synderai(), {}); }
BENCHMARK(declared_profiles)->Threads(1)->Threads(2)->UseRealTime();

// One profile compiled anew.
void compile(benchmark::State& state) {
    const validation::PackageSource source(european_world().packages);
    for (auto _ : state) {
        validation::Library library(source);
        benchmark::DoNotOptimize(library.program("http://hl7.org/fhir/StructureDefinition/bp"));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(compile)->Unit(benchmark::kMillisecond);

}  // namespace
