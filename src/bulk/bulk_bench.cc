// Export of a store and import into one, on disk, by two threads. IDUN_BULK_PATIENTS says how many people (default 200;
// each has 100 Observations of about 700 bytes).
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "bulk/run.h"
#include "fhir/definitions.h"
#include "ledger/file_system.h"
#include "store/embedded.h"
#include "store/testing.h"

namespace {

using namespace idun;

constexpr int kEach = 100;

int patients() {
    const char* given = std::getenv("IDUN_BULK_PATIENTS");
    return given ? std::max(1, std::atoi(given)) : 200;
}

std::string observation(int person, int number) {
    const std::string p = std::to_string(person), n = std::to_string(number);
    return R"({"resourceType":"Observation","id":"o)" + p + "-" + n +
           R"(","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},"subject":{"reference":"Patient/p)" +
           p + R"("},"encounter":{"reference":"Encounter/e)" + p + "-" + n + R"("},"effectiveDateTime":"2012-04-)" + (number % 28 < 9 ? "0" : "") +
           std::to_string(number % 28 + 1) + R"(T10:20:30+02:00","issued":"2012-04-05T10:20:30.123+02:00","valueQuantity":{"value":)" +
           std::to_string(150 + number) + ".4" + R"(,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";
}

struct Node {
    store::TemporaryStore temporary;
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<records::Records> records;

    Node() {
        ledger = *ledger::Ledger::open(temporary.folder.path + "/log", "SE1", key, ledger::system_files(), system_clock());
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), system_clock(), system_random(), {});
    }
    // By two threads, a thousand at once.
    void fill(int people) {
        std::atomic<int> next{0};
        const auto work = [&] {
            for (int person = next.fetch_add(10); person < people; person = next.fetch_add(10)) {
                std::vector<json::Document> documents;
                for (int p = person; p < std::min(person + 10, people); ++p) {
                    documents.push_back(*json::Document::parse(R"({"resourceType":"Patient","id":"p)" + std::to_string(p) + "\"}"));
                    for (int n = 0; n < kEach; ++n) documents.push_back(*json::Document::parse(observation(p, n)));
                }
                std::vector<json::Value> resources;
                for (const auto& document : documents) resources.push_back(document.root());
                IDUN_CHECK(records->put_all(resources)->refused.empty());
            }
        };
        std::thread other(work);
        work();
        other.join();
    }
};

void export_all(benchmark::State& state) {
    static Node* const node = [] {  // filled once for all repetitions
        auto* made = new Node;
        made->fill(patients());
        return made;
    }();
    const bulk::RunParts parts{*node->records, *node->ledger, system_clock(), static_cast<std::size_t>(state.range(0)), {}};
    std::uint64_t count = 0, bytes = 0;
    for (auto _ : state) {
        store::TemporaryFolder folder;
        bulk::JobRecord job;
        job.id = "bench";
        bulk::RunState run_state;
        IDUN_CHECK(bulk::run(parts, **node->records->snapshot(), folder.path, job, run_state));
        count = bytes = 0;
        for (const auto& file : job.files) count += file.count, bytes += file.bytes;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
    state.SetLabel(std::to_string(count) + " resources");
}
BENCHMARK(export_all)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void put_all(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        auto node = std::make_unique<Node>();
        state.ResumeTiming();
        node->fill(patients());
        state.PauseTiming();
        node.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(patients()) * (kEach + 1) * state.iterations());
    state.SetLabel(std::to_string(patients() * (kEach + 1)) + " resources");
}
BENCHMARK(put_all)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
