// Durable appends on the machine's disk: each entry is acknowledged only after a sync it shares with others in flight.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "crypto/encoding.h"
#include "ledger/internal/fault_files.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"

using namespace idun;
using namespace idun::ledger;

namespace {

Access access(std::size_t records) {
    Access a;
    a.time = {1'795'428'000'000};
    a.person = *crypto::Pseudonym::from(std::string(16, 'p'));
    a.requester = {"SE2321000131-4711", "Anna Ek", "clinician", "SE2321000131", "SE2321000131-E1"};
    a.purpose = "TREAT";
    a.care_relation = true;
    a.rule = "shared-care";
    a.rules = "sweden-2026-1";
    a.store_version = 1'234'567;
    a.ticket_id = "17-AAAAAAAAAAAAAAAAAAAAAA";
    for (std::size_t i = 0; i < records; ++i)
        a.records.push_back({"Observation", "0c6b1f3d-edb2-422b-a0af-a262fb90ed07", "1", "test-result", "SE2321000016"});
    a.request_id = "0c6b1f3d-edb2-422b-a0af-a262fb90ed07";
    return a;
}

// Keeps so many entries in flight.
class InFlight {
public:
    explicit InFlight(std::int64_t most) : most_(most) {}
    void enter() {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [this] { return count_ < most_; });
        ++count_;
    }
    void leave() {
        {
            const std::lock_guard lock(mutex_);
            --count_;
        }
        left_.notify_one();
    }
    void drain() {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [this] { return count_ == 0; });
    }

private:
    const std::int64_t most_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::int64_t count_ = 0;
};

void append_durable(benchmark::State& state) {
    const auto folder = std::filesystem::current_path() / ("ledger-bench-" + uuid(system_random()));
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    {
        const auto ledger = Ledger::open(folder.string(), "SE2321000016", key, system_files(), system_clock()).value();
        const Access entry = access(1);
        InFlight in_flight(state.range(0));
        for (auto _ : state) {
            in_flight.enter();
            ledger->append(entry, [&](Result<Receipt> receipt) {
                IDUN_CHECK(receipt.has_value());
                in_flight.leave();
            });
        }
        in_flight.drain();
        state.SetItemsProcessed(state.iterations());
        state.SetLabel(ledger->size() == static_cast<std::uint64_t>(state.iterations()) ? "all durable" : "lost");
    }
    std::filesystem::remove_all(folder);
}
BENCHMARK(append_durable)->Arg(1)->Arg(8)->Arg(64)->Arg(1024)->UseRealTime();

// What the disk itself takes: to write and sync so many bytes, in a file that grows or in the place of zeros. In one run with
// append_durable it tells how much of a group's time is ours.
void disk_alone(benchmark::State& state) {
    const auto path = std::filesystem::current_path() / ("ledger-bench-" + uuid(system_random()));
    const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
    const bool grows = state.range(1) != 0;
    {
        const auto file = system_files().open(path.string()).value();
        constexpr std::size_t kRoom = 16u << 20;
        if (!grows) IDUN_CHECK(file->write_at(0, std::string(kRoom, '\0')) && file->sync());
        std::uint64_t at = 0;
        for (auto _ : state) {
            if (!grows && at + bytes.size() > kRoom) at = 0;
            IDUN_CHECK(file->write_at(at, bytes) && file->sync());
            at += bytes.size();
        }
        state.SetLabel(grows ? "grows" : "in place");
    }
    std::filesystem::remove(path);
}
BENCHMARK(disk_alone)->ArgsProduct({{1'000, 14'000}, {0, 1}})->UseRealTime()->Unit(benchmark::kMicrosecond);

// What a read of one record takes on the disk once tiles hold it: the entry, its length, and its hashes.
void bytes_per_entry(benchmark::State& state) {
    const auto folder = std::filesystem::current_path() / ("ledger-bench-" + uuid(system_random()));
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    constexpr std::uint64_t kEntries = 256 * 256;
    double bytes = 0;
    for (auto _ : state) {
        {
            const auto ledger = Ledger::open(folder.string(), "SE2321000016", key, system_files(), system_clock()).value();
            InFlight in_flight(4096);
            Access entry = access(1);
            for (std::uint64_t i = 0; i < kEntries; ++i) {
                in_flight.enter();
                entry.person->bytes[0] = static_cast<std::uint8_t>(i);
                entry.person->bytes[1] = static_cast<std::uint8_t>(i >> 4);
                ledger->append(entry, [&](Result<Receipt>) { in_flight.leave(); });
            }
            in_flight.drain();
        }
        for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "public"))
            if (file.is_regular_file()) bytes += static_cast<double>(file.file_size());
        std::filesystem::remove_all(folder);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEntries));
    state.counters["bytes_per_entry"] = bytes / static_cast<double>(kEntries) / static_cast<double>(state.iterations());
}
BENCHMARK(bytes_per_entry)->UseRealTime()->Iterations(1);

// From the receipt until the proof can be had, while others keep writing.
void until_proof(benchmark::State& state) {
    const auto folder = std::filesystem::current_path() / ("ledger-bench-" + uuid(system_random()));
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    double longest = 0;
    {
        const auto ledger = Ledger::open(folder.string(), "SE2321000016", key, system_files(), system_clock()).value();
        std::atomic<bool> stop = false;
        std::thread others([&] {
            InFlight in_flight(64);
            while (!stop) {
                in_flight.enter();
                ledger->append(access(1), [&](Result<Receipt>) { in_flight.leave(); });
            }
            in_flight.drain();
        });
        for (auto _ : state) {
            const Receipt receipt = ledger->append(access(1)).value();
            const auto began = std::chrono::steady_clock::now();
            const auto path = ledger->inclusion_proof(receipt.index, receipt.size);
            IDUN_CHECK(path.has_value());
            longest = std::max(longest, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        }
        stop = true;
        others.join();
    }
    state.counters["longest_ms"] = longest * 1e3;
    std::filesystem::remove_all(folder);
}
BENCHMARK(until_proof)->UseRealTime()->Unit(benchmark::kMillisecond);

// A log of that many entries: opening does not read it.
void open_log(benchmark::State& state) {
    FaultFiles files;
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    const auto open = [&] { return Ledger::open("log", "SE1", key, files, system_clock()).value(); };
    {
        const auto ledger = open();
        InFlight in_flight(4096);
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            in_flight.enter();
            ledger->append(access(1), [&](Result<Receipt>) { in_flight.leave(); });
        }
        in_flight.drain();
    }
    std::uint64_t size = 0;
    for (auto _ : state) size = open()->size();
    state.SetLabel(std::to_string(size) + " entries");
}
BENCHMARK(open_log)->Arg(20'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

void encode_entry(benchmark::State& state) {
    const Access entry = access(1);
    for (auto _ : state) benchmark::DoNotOptimize(encode(entry, "SE2321000016"));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(encode(entry, "SE2321000016")->size()) + " bytes");
}
BENCHMARK(encode_entry);

void decode_entry(benchmark::State& state) {
    const std::string bytes = *encode(access(1), "SE2321000016");
    for (auto _ : state) benchmark::DoNotOptimize(decode(bytes, "SE2321000016"));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(decode(bytes, "SE2321000016")->records.size()) + " record");
}
BENCHMARK(decode_entry);

void verify(benchmark::State& state) {
    FaultFiles files;
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    const crypto::KeySet keys(key.public_key());
    {
        const auto ledger = Ledger::open("log", "SE1", key, files, system_clock()).value();
        InFlight in_flight(256);
        for (int i = 0; i < 20'000; ++i) {
            in_flight.enter();
            ledger->append(access(1), [&](Result<Receipt>) { in_flight.leave(); });
        }
        in_flight.drain();
    }
    for (auto _ : state) benchmark::DoNotOptimize(verify_log("log", keys, files));
    state.SetItemsProcessed(state.iterations() * 20'000);
    const Report report = verify_log("log", keys, files).value();
    state.SetLabel(report.ok() ? std::to_string(report.entries) + " entries" : "damaged");
}
BENCHMARK(verify);

}  // namespace
