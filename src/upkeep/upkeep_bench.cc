// What a backup, its verification and its restoring take, by size. IDUN_BENCH_UPKEEP_MIB sets the rows' size (default 8), IDUN_BENCH_FOLDER the disk.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "store/embedded.h"
#include "upkeep/kept.h"
#include "upkeep/restore.h"
#include "upkeep/take.h"
#include "upkeep/verified.h"

namespace idun::upkeep {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowBytes = 1200;  // about what a resource takes

std::size_t mib() {
    const char* given = std::getenv("IDUN_BENCH_UPKEEP_MIB");
    return given != nullptr ? static_cast<std::size_t>(std::atoi(given)) : 8;
}

// Half of it like every other row, half of it its own: packs to about a half.
std::string row_of(std::uint64_t number) {
    std::string out = "{\"resourceType\":\"Observation\",\"status\":\"final\"}";
    while (out.size() < kRowBytes / 2) out += "\"system\":\"http://loinc.org\"";
    for (std::uint64_t mixed = number + 1; out.size() < kRowBytes; mixed ^= mixed << 13, mixed ^= mixed >> 7, mixed ^= mixed << 17)
        out += static_cast<char>(mixed & 0xff);
    return out;
}

// A role with so many MiB of rows and an entry in the log for each hundredth.
struct FilledRole {
    FilledRole() {
        log::set_level(log::Level::off);
        const char* given = std::getenv("IDUN_BENCH_FOLDER");
        path = std::string(given != nullptr ? given : "/tmp") + "/idun-upkeep-XXXXXX";
        IDUN_CHECK(::mkdtemp(path.data()) != nullptr);
        store::EmbeddedOptions options;
        options.folder = path + "/role/store";
        store = store::open_embedded(options, system_clock()).value();
        ledger = ledger::Ledger::open(path + "/role/log", "SE1", key, ledger::system_files(), system_clock()).value();
        const std::uint64_t rows = (mib() << 20) / kRowBytes;
        for (std::uint64_t next = 0; next < rows;) {
            store::Batch batch;
            for (const std::uint64_t end = std::min(rows, next + 1000); next < end; ++next) {
                char name[32];
                std::snprintf(name, sizeof name, "benchrow%012llu", static_cast<unsigned long long>(next));
                batch.put(name, row_of(next));
            }
            IDUN_CHECK(store->commit(std::move(batch)).has_value());
        }
        for (std::uint64_t i = 0; i + 1 < rows / 100; ++i) ledger->append(ledger::Access{}, [](const Result<ledger::Receipt>&) {});
        IDUN_CHECK(ledger->append(ledger::Access{}).has_value());
    }
    ~FilledRole() {
        store.reset();
        ledger.reset();
        fs::remove_all(path);
    }
    std::string take() {
        fs::remove_all(path + "/backups");
        const auto made = take_backup({.role = "node", .id = "SE1", .store = *store, .ledger = *ledger, .folder = path + "/role", .closed_logs = {},
                                       .key = key, .clock = system_clock()}, path + "/backups", 0);
        IDUN_CHECK(made.has_value());
        return made->path;
    }

    std::string path;
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    std::unique_ptr<store::Store> store;
    std::unique_ptr<ledger::Ledger> ledger;
};

void tell(benchmark::State& state, const std::string& backup) {
    const auto manifest = read_manifest(backup);
    IDUN_CHECK(manifest.has_value());
    state.counters["rows"] = static_cast<double>(manifest->entries);
    state.counters["log"] = static_cast<double>(manifest->logs.back().size);
    state.counters["backup_MiB"] = static_cast<double>(manifest->bytes()) / (1 << 20);
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * (mib() << 20)));
    state.SetLabel("rows hash " + std::to_string(manifest->entries));
}

FilledRole& filled_role() {
    static FilledRole role;
    return role;
}

void take(benchmark::State& state) {
    std::string backup;
    for (auto _ : state) backup = filled_role().take();
    tell(state, backup);
}
BENCHMARK(take)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void verify(benchmark::State& state) {
    const std::string backup = filled_role().take();
    for (auto _ : state) IDUN_CHECK(verified_backup(backup).has_value());
    tell(state, backup);
}
BENCHMARK(verify)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void restore(benchmark::State& state) {
    const std::string backup = filled_role().take();
    const RestoreTo to{.folder = filled_role().path + "/restored",
                       .restore_store = [](const std::string& from, const std::string& sha256, const std::string& role) { return store::restore_embedded(from, role + "/store", sha256); },
                       .keys = {}};
    const auto manifest = read_manifest(backup);
    IDUN_CHECK(manifest.has_value());
    for (auto _ : state) IDUN_CHECK(restore_role(backup, *manifest, to).has_value());
    tell(state, backup);
    fs::remove_all(to.folder);
}
BENCHMARK(restore)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace idun::upkeep
