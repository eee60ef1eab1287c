// What the log adds to a read: 64 callers who each wait for their answer, at a node without sockets, with its log and without one. The file system
// decides what a sync costs: with TMPDIR=/dev/shm nothing, and what is left is the log's own work and its waiting.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>

#include "api/internal/world.h"
#include "http/internal/workers.h"

namespace {

using namespace idun;
using namespace idun::api;

constexpr int kCallers = 64;
constexpr int kReads = 200;  // of each caller
constexpr int kPatients = 500;

// Says that everything is durable, and writes nothing. All else is the log's.
class Unlogged final : public ledger::Ledger {
public:
    explicit Unlogged(ledger::Ledger& log) : log_(log) {}
    void append(const ledger::Access&, ledger::Appended done) override {
        done(ledger::Receipt{.log_id = log_.log_id(), .index = 0, .size = 1, .root = {}, .signature = std::string(ledger::kNoteSignatureBytes, 'x')});
    }
    Result<ledger::Receipt> forget(const crypto::Pseudonym& p, const std::string& d) override { return log_.forget(p, d); }
    Result<ledger::Receipt> forget_expired(const std::string& d) override { return log_.forget_expired(d); }
    const std::string& log_id() const override { return log_.log_id(); }
    std::uint64_t size() const override { return log_.size(); }
    std::uint64_t published() const override { return log_.published(); }
    std::string checkpoint() const override { return log_.checkpoint(); }
    std::string published_checkpoint() const override { return log_.published_checkpoint(); }
    Status hold_checkpoint(std::optional<std::string> n) override { return log_.hold_checkpoint(std::move(n)); }
    Result<std::vector<ledger::Entry>> read(std::uint64_t f, std::size_t c) const override { return log_.read(f, c); }
    Result<ledger::Receipt> receipt(std::uint64_t i) const override { return log_.receipt(i); }
    Result<std::vector<crypto::Hash>> inclusion_proof(std::uint64_t i, std::uint64_t s) const override { return log_.inclusion_proof(i, s); }
    Result<std::vector<crypto::Hash>> consistency_proof(std::uint64_t f, std::uint64_t s) const override { return log_.consistency_proof(f, s); }
    Result<ledger::PersonProof> prove(const crypto::Pseudonym& p, std::optional<std::uint64_t> b) const override { return log_.prove(p, b); }
    Result<crypto::Hash> root(std::uint64_t s) const override { return log_.root(s); }
    Status check(const ledger::Receipt& r) const override { return log_.check(r); }
    Result<ledger::CopiedLog> copy(ledger::CopyTo& to) const override { return log_.copy(to); }
    void freeze(const Error& why) override { log_.freeze(why); }
    Status healthy() const override { return log_.healthy(); }

private:
    ledger::Ledger& log_;
};

// Each caller asks again when it has its answer; a read runs on one of the server's workers.
struct Callers {
    World& world;
    http::Workers workers{4, kCallers};
    std::vector<std::vector<double>> ms = std::vector<std::vector<double>>(kCallers);
    std::latch left{kCallers};

    struct Sink final : http::Reply::Sink {
        std::function<void(int)> to;
        void send(http::Response response) override { to(response.status); }
        std::unique_ptr<http::BodyStream> stream(http::Response) override { return nullptr; }
    };

    void ask(int caller, int read) {
        if (read == kReads) return left.count_down();
        const auto begin = std::chrono::steady_clock::now();  // as the caller sees it: with its waiting for a worker
        const bool taken = workers.submit([this, caller, read, begin] {
            http::Request request;
            request.method = "GET";
            request.path = "/fhir/Patient/p" + std::to_string((caller * kReads + read) * 7 % kPatients);
            request.headers.set("Authorization", "Bearer " + world.tokens.begin()->second);
            auto sink = std::make_unique<Sink>();
            sink->to = [this, caller, read, begin](int status) {
                IDUN_CHECK(status == 200);
                ms[static_cast<std::size_t>(caller)].push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
                ask(caller, read + 1);
            };
            world.handler(std::move(request), http::Reply(std::move(sink)));
        });
        IDUN_CHECK(taken);
    }
    double p50() {
        std::vector<double> all;
        for (const auto& of_one : ms) all.insert(all.end(), of_one.begin(), of_one.end());
        std::ranges::sort(all);
        return all[all.size() / 2];
    }
};

void BM_Read64(benchmark::State& state) {
    const bool logged = state.range(0) == 1;
    World world(1, [&](ledger::Ledger& log) -> std::unique_ptr<ledger::Ledger> {
        return logged ? nullptr : std::make_unique<Unlogged>(log);
    });
    for (int i = 0; i < kPatients; ++i) {
        const auto document = json::Document::parse(R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + R"(","identifier":[{"system":"urn:person","value":")" + std::to_string(i) + "\"}]}");
        IDUN_CHECK(world.records->update("Patient", "p" + std::to_string(i), document->root(), {}).ok());
    }
    world.token({});
    double p50 = 0;
    for (auto _ : state) {
        Callers callers{world};
        for (int caller = 0; caller < kCallers; ++caller) callers.ask(caller, 0);
        callers.left.wait();
        p50 = callers.p50();
    }
    state.SetItemsProcessed(state.iterations() * kCallers * kReads);
    state.counters["p50_ms"] = p50;
    state.counters["entries"] = static_cast<double>(world.ledger->size());
}
BENCHMARK(BM_Read64)->Arg(0)->Arg(1)->ArgName("logged")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
