// Ingest, read and search on the embedded store. Synthea bundles come from the folder in IDUN_SYNTHEA (else
// data/synthea-r4 in the source tree); without them that benchmark is skipped by name.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "base/time.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "records/internal/extract.h"
#include "records/records.h"
#include "store/compact.h"
#include "store/embedded.h"

namespace idun::records {
namespace {

namespace files = std::filesystem;

struct Bench {
    Bench() {
        std::string name = (files::temp_directory_path() / "records-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) abort();
        folder = name;
        auto opened = store::open_embedded({.folder = folder + "/store"}, system_clock());
        if (!opened) abort();
        store = std::move(*opened);
        auto made = Records::open(*store, fhir::Definitions::r4(), system_clock(), system_random(), {});
        if (!made) abort();
        records = std::move(*made);
    }
    ~Bench() {
        records.reset();
        store.reset();
        std::error_code ignored;
        files::remove_all(folder, ignored);
    }
    std::string folder;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Records> records;
};

std::vector<std::string> synthea() {
    const char* named = getenv("IDUN_SYNTHEA");
    const files::path folder = named != nullptr ? files::path(named) : files::path(IDUN_SOURCE_DIR) / "data/synthea-r4";
    std::vector<std::string> out;
    std::error_code absent;
    for (const auto& entry : files::directory_iterator(folder, absent)) {
        if (entry.path().extension() != ".json") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return out;
}

std::uint64_t ingest(Records& records, const std::vector<std::string>& bundles, int threads) {
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> written{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < bundles.size(); i = next++) {
            const auto document = json::Document::parse(bundles[i]);
            if (!document) abort();
            const Outcome out = records.bundle(document->root(), {});
            if (!out.ok()) {
                for (const auto& issue : out.issues) fprintf(stderr, "%s: %s\n", issue.path.c_str(), issue.text.c_str());
                abort();
            }
            written += out.touched.size();
        }
    };
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) all.emplace_back(work);
    for (std::thread& thread : all) thread.join();
    return written;
}

void BM_IngestSyntheaTransactions(benchmark::State& state) {
    const std::vector<std::string> bundles = synthea();
    if (bundles.empty()) {
        state.SkipWithError("no Synthea bundles; name their folder in IDUN_SYNTHEA");
        return;
    }
    std::uint64_t written = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto bench = std::make_unique<Bench>();
        state.ResumeTiming();
        written += ingest(*bench->records, bundles, static_cast<int>(state.range(0)));
        state.PauseTiming();
        bench.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(written));
}
BENCHMARK(BM_IngestSyntheaTransactions)->Arg(1)->Arg(2)->Arg(4)->UseRealTime()->Unit(benchmark::kMillisecond);

// What Synthea's people take on disk after compaction, a resource, and what each kind of row takes of it: rows of one
// table alone, in a store of their own.
void BM_StoredBytes(benchmark::State& state) {
    const std::vector<std::string> bundles = synthea();
    if (bundles.empty()) {
        state.SkipWithError("no Synthea bundles; name their folder in IDUN_SYNTHEA");
        return;
    }
    for (auto _ : state) {
        Bench bench;
        const double count = static_cast<double>(ingest(*bench.records, bundles, 2));
        std::map<char, std::unique_ptr<store::Store>> parts;
        std::map<char, std::uint64_t> plain;
        std::map<char, std::uint64_t> rows;
        const auto folder = [&](char table) { return bench.folder + "/part-" + table; };
        {
            const auto snapshot = *bench.store->snapshot();
            store::Range range;
            while (true) {
                const auto chunk = *snapshot->scan(range);
                std::map<char, store::Batch> batches;
                for (const store::Entry& entry : chunk.entries) {
                    const char table = entry.key[store::kPartitionBytes];
                    plain[table] += entry.key.size() + entry.value.size();
                    ++rows[table];
                    batches[table].put(entry.key, entry.value);
                }
                for (auto& [table, batch] : batches) {
                    auto& part = parts[table];
                    if (part == nullptr) part = std::move(*store::open_embedded({.folder = folder(table)}, system_clock()));
                    if (!part->commit(std::move(batch))) abort();
                }
                if (!chunk.more) break;
                range = store::rest_of(range, chunk.entries.back().key);
            }
        }
        for (auto& [table, part] : parts) {
            const std::string name(1, table);
            state.counters[name + "_bytes"] = static_cast<double>(store::compact(*part)->after) / count;
            state.counters[name + "_plain"] = static_cast<double>(plain[table]) / count;
            state.counters[name + "_rows"] = static_cast<double>(rows[table]) / count;
        }
        bench.records.reset();
        state.counters["all_bytes"] = static_cast<double>(store::compact(*bench.store)->after) / count;
        state.counters["resources"] = count;
    }
}
BENCHMARK(BM_StoredBytes)->Iterations(1)->Unit(benchmark::kMillisecond);

// One pass over a resource: header, filter and index values.
void BM_Extract(benchmark::State& state) {
    const std::vector<std::string> bundles = synthea();
    if (bundles.empty()) {
        state.SkipWithError("no Synthea bundles; name their folder in IDUN_SYNTHEA");
        return;
    }
    const search::Registry& known = search::Registry::r4();
    const TextHash hash(std::string(TextHash::kKeyBytes, 'k'));
    const Extractor::PersonKey nobody;
    const Extractor extractor(known, hash, "http://localhost/fhir", nobody);
    std::vector<json::Document> documents;
    for (std::size_t i = 0; i < std::min<std::size_t>(bundles.size(), 20); ++i) documents.push_back(std::move(*json::Document::parse(bundles[i])));
    std::size_t values = 0;
    std::int64_t resources = 0;
    for (auto _ : state) {
        for (const json::Document& document : documents) {
            for (const json::Value entry : document.root()["entry"].elements()) {
                const json::Value resource = entry["resource"];
                const auto made = extractor.extract(resource["resourceType"].text(), "id", resource, {});
                values += made->index.size();
                ++resources;
            }
        }
    }
    state.SetItemsProcessed(resources);
    state.counters["index_values"] = static_cast<double>(values) / static_cast<double>(resources);
}
BENCHMARK(BM_Extract)->Unit(benchmark::kMillisecond);

// `count` laboratory observations of one patient, and a few of another.
std::string observation(int number, const char* patient) {
    return R"({"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":")" +
           std::to_string(number % 100) + R"(-1","display":"Measured"}]},"subject":{"reference":"Patient/)" + patient +
           R"("},"effectiveDateTime":"20)" + std::to_string(10 + number % 16) + R"(-03-0)" + std::to_string(1 + number % 9) +
           R"(T08:00:00+01:00","valueQuantity":{"value":)" + std::to_string(number) +
           R"(.50,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}})";
}

Bench& one_patient(int count) {
    // The engine's own statics must be older than ours, so that they outlive the stores kept here.
    [[maybe_unused]] static const bool opened_once = (Bench(), true);
    static std::map<int, std::unique_ptr<Bench>> kept;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    auto& bench = kept[count];
    if (bench != nullptr) return *bench;
    bench = std::make_unique<Bench>();
    std::vector<std::string> bundles;
    for (int from = 0; from < count; from += 1000) {
        std::string text = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
        for (int i = from; i < std::min(from + 1000, count); ++i) {
            text += (i == from ? "" : ",") + std::string(R"({"request":{"method":"POST","url":"Observation"},"resource":)") +
                    observation(i, "big") + "}";
        }
        bundles.push_back(text + "]}");
    }
    ingest(*bench->records, bundles, 2);
    return *bench;
}

void BM_Read(benchmark::State& state) {
    Bench& bench = one_patient(10'000);
    std::vector<std::string> ids;
    const Outcome some = bench.records->search("Observation", {{"patient", "big"}, {"_count", "1000"}}, {});
    for (const Touched& touched : some.touched) ids.push_back(touched.id);
    std::size_t next = static_cast<std::size_t>(state.thread_index()) * 131;
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        const Outcome out = bench.records->read("Observation", ids[next++ % ids.size()], {});
        if (out.body) bytes += out.body->size();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_Read)->Threads(1)->Threads(2)->UseRealTime();

void BM_SearchOfPatient(benchmark::State& state) {
    Bench& bench = one_patient(static_cast<int>(state.range(0)));
    std::size_t found = 0;
    for (auto _ : state) {
        const Outcome out = bench.records->search(
            "Observation", {{"patient", "big"}, {"code", "http://loinc.org|7-1"}, {"_count", "20"}}, {});
        if (!out.ok()) state.SkipWithError("refused");
        found += out.touched.size();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetLabel("rows/s; found " + std::to_string(found / static_cast<std::size_t>(state.iterations())));
}
BENCHMARK(BM_SearchOfPatient)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->UseRealTime();

// 50 hits out of `range` resources of the patient: one range of index rows, 50 rows, one bundle.
void BM_SearchPatientAndCode(benchmark::State& state) {
    Bench& bench = one_patient(static_cast<int>(state.range(0)));
    std::uint64_t bytes = 0;
    std::size_t next = 0;
    for (auto _ : state) {
        const Outcome out = bench.records->search(
            "Observation", {{"patient", "big"}, {"code", "http://loinc.org|" + std::to_string(next++ % 100) + "-1"}, {"_count", "50"}}, {});
        if (!out.ok() || out.touched.size() != 50) state.SkipWithError("not the 50 that are there");
        bytes += out.body->size();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_SearchPatientAndCode)->Arg(5'000)->Threads(1)->Threads(2)->UseRealTime();

void BM_ScanPatient(benchmark::State& state) {
    Bench& bench = one_patient(static_cast<int>(state.range(0)));
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        const auto snapshot = bench.records->snapshot();
        const Status done = bench.records->scan_patient(**snapshot, "big", {}, {}, [&](std::vector<Row> rows) {
            for (const Row& row : rows) bytes += row.body->size();
            return true;
        });
        if (!done) state.SkipWithError("failed");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_ScanPatient)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->UseRealTime();

// $everything of so many resources, all on one page.
void BM_Everything(benchmark::State& state) {
    Bench& bench = one_patient(static_cast<int>(state.range(0)));
    const auto patient = json::Document::parse(R"({"resourceType":"Patient","id":"big"})");
    if (!bench.records->update("Patient", "big", patient->root(), {}).ok()) state.SkipWithError("refused");
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        const Outcome out = bench.records->everything("big", {}, {});
        if (!out.ok()) state.SkipWithError("refused");
        bytes += out.body->size();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_Everything)->Arg(100)->Arg(3'000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMillisecond);

// The newest page of a type's history.
void BM_HistoryOfType(benchmark::State& state) {
    Bench& bench = one_patient(10'000);
    for (auto _ : state) {
        const Outcome out = bench.records->history("Observation", "", {{"_count", "50"}}, {});
        if (out.touched.size() != 50) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations() * 50);
}
BENCHMARK(BM_HistoryOfType)->UseRealTime();

void BM_Patch(benchmark::State& state) {
    Bench& bench = one_patient(0);
    const auto made = bench.records->create("Observation", json::Document::parse(observation(1, "patched"))->root(), {});
    const bool json = state.range(0) == 0;
    const auto patch = json::Document::parse(json ? R"([{"op":"replace","path":"/valueQuantity/value","value":7.5}])"
                                                  : R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},)"
                                                    R"({"name":"path","valueString":"Observation.value.value"},{"name":"value","valueDecimal":7.5}]}]})");
    for (auto _ : state) {
        const Outcome out = bench.records->patch("Observation", made.touched[0].id,
                                                 {json ? Patch::Language::json : Patch::Language::fhirpath, patch->root()}, {});
        if (!out.ok()) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Patch)->Arg(0)->Arg(1)->ArgName("fhirpath")->UseRealTime();

void BM_SingleCreate(benchmark::State& state) {
    Bench& bench = one_patient(0);
    const auto document = json::Document::parse(observation(1, "single"));
    for (auto _ : state) {
        const Outcome out = bench.records->create("Observation", document->root(), {});
        if (!out.ok()) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_SingleCreate)->Threads(1)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace idun::records
