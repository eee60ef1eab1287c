// How fast changes are judged, when nobody and when a hundred subscribers are interested.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "fhir/definitions.h"
#include "store/testing.h"
#include "subscriptions/trigger.h"

using namespace idun;
using namespace idun::subscriptions;

namespace {

struct Judged {
    store::TemporaryStore store;
    std::unique_ptr<records::Records> records =
        *records::Records::open(*store.store, fhir::Definitions::r4(), system_clock(), system_random(), {});
    std::vector<Topic> topics = *builtin_topics();
    records::NotedWrite write;

    Judged() {
        const auto document = json::Document::parse(
            R"({"resourceType":"Encounter","id":"e1","status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"Patient/p1"}})");
        const auto outcome = records->update("Encounter", "e1", document->root(), {});
        write.kind = records::WriteKind::create;
        write.type = "Encounter";
        write.id = "e1";
        write.version = *outcome.version;
        write.patient = "p1";
    }
};

// One change, and as many subscriptions to one topic, each for another patient.
void judge(benchmark::State& state, const char* topic) {
    const Judged judged;
    std::vector<Subscription> subscriptions(static_cast<std::size_t>(state.range(0)));
    for (std::size_t i = 0; i < subscriptions.size(); ++i) subscriptions[i].filters = {{"", {{"patient", fmt::format("p{}", i)}}}};
    std::size_t passed = 0;
    Questions questions(*judged.records);
    for (auto _ : state) {
        WrittenResource written(judged.write, questions);
        if (*written.triggers(*topic_of(judged.topics, topic)))
            for (const Subscription& one : subscriptions) passed += *written.passes(one) ? 1 : 0;
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(fmt::format("passed {} of {} in each", passed / static_cast<std::size_t>(state.iterations()), state.range(0)));
}

}  // namespace

BENCHMARK_CAPTURE(judge, record, "urn:idun:topic:patient-record")->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(judge, admission, "urn:idun:topic:admission")->Arg(1)->Arg(100);
BENCHMARK_CAPTURE(judge, not_its_type, "urn:idun:topic:new-document")->Arg(100);
