#include <benchmark/benchmark.h>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "trust/ticket.h"

using namespace idun;
using namespace idun::trust;

namespace {

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    Instant now{1'795'428'000'000};
    Ticket ticket;
    World() {
        ticket.id = "17-AAAAAAAAAAAAAAAAAAAAAA";
        ticket.issuer = "hub";
        ticket.audience = "SE2321000016";
        ticket.purpose = "TREAT";
        ticket.requester = {"u1", "Anna Ek", Role::clinician, "SE2321000131", "SE2321000131-E1", "loa3"};
        ticket.care = "declared";
        ticket.issued = now;
        ticket.expires = now + std::chrono::seconds(60);
    }
};

void ticket_sign(benchmark::State& state) {
    const World w;
    for (auto _ : state) benchmark::DoNotOptimize(sign_ticket(w.key, w.ticket));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(crypto::hex(crypto::sha256(*sign_ticket(w.key, w.ticket)).view()).substr(0, 8));
}
BENCHMARK(ticket_sign);

void ticket_verify(benchmark::State& state) {
    const World w;
    const std::string token = *sign_ticket(w.key, w.ticket);
    for (auto _ : state)
        benchmark::DoNotOptimize(verify_ticket(token, w.keys, {.audience = "SE2321000016", .now = w.now}));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(verify_ticket(token, w.keys, {.audience = "SE2321000016", .now = w.now})->id.substr(0, 2));
}
BENCHMARK(ticket_verify);

void replay_admit(benchmark::State& state) {
    ReplayGuard guard;
    std::int64_t number = 0;
    for (auto _ : state) {
        ++number;
        benchmark::DoNotOptimize(
            guard.admit(std::to_string(number) + "-AAAAAAAAAAAAAAAAAAAAAA", {number + 100'000}, {number}));
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(guard.size() > 0));
}
BENCHMARK(replay_admit);

}  // namespace
