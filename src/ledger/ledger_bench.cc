// Durable appends on the machine's disk: each entry is acknowledged only after a sync it shares with others in flight.
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

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
    a.requester = {"u1", "Anna Ek", "clinician", "SE2321000131", "SE2321000131-E1"};
    a.purpose = "TREAT";
    a.care_relation = true;
    a.rule = "shared-care";
    a.ticket_id = "17-AAAAAAAAAAAAAAAAAAAAAA";
    for (std::size_t i = 0; i < records; ++i)
        a.records.push_back({"Observation", "0c6b1f3d-edb2-422b-a0af-a262fb90ed07", "1", "laboratory", "SE2321000016"});
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
        const auto ledger = Ledger::open(folder.string(), "SE1", key, system_files(), system_clock()).value();
        const Access entry = access(10);
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

void encode_entry(benchmark::State& state) {
    const Access entry = access(10);
    for (auto _ : state) benchmark::DoNotOptimize(encode(entry));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(encode(entry)->size()) + " bytes");
}
BENCHMARK(encode_entry);

void decode_entry(benchmark::State& state) {
    const std::string bytes = *encode(access(10));
    for (auto _ : state) benchmark::DoNotOptimize(decode(bytes));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(decode(bytes)->records.size()));
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
            ledger->append(access(10), [&](Result<Receipt>) { in_flight.leave(); });
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
