#include <benchmark/benchmark.h>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/oprf.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"

using namespace idun::crypto;

namespace {

const SigningKey& key() {
    static const SigningKey instance = *SigningKey::from_seed(std::string(32, 's'));
    return instance;
}

void sha256_of(benchmark::State& state) {
    const std::string data(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) benchmark::DoNotOptimize(sha256(data));
    state.SetBytesProcessed(state.iterations() * state.range(0));
    state.SetLabel(hex(sha256(data).view()).substr(0, 8));
}
BENCHMARK(sha256_of)->Arg(64)->Arg(1024)->Arg(65536);

void pseudonym_of(benchmark::State& state) {
    const auto pseudonyms = *PseudonymKey::from(std::string(32, 'k'));
    for (auto _ : state) benchmark::DoNotOptimize(pseudonyms.of("SE|personnummer|191212121212"));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(pseudonyms.of("SE|personnummer|191212121212").text());
}
BENCHMARK(pseudonym_of);

// A pseudonym found together, all four steps; what the key's holder does of it; and all by whoever has both.
void oprf_together(benchmark::State& state) {
    const auto oprf = *OprfKey::derive(std::string(32, 'k'), "");
    for (auto _ : state) {
        const auto asked = *oprf_blind("SE|personnummer|191212121212", idun::system_random());
        benchmark::DoNotOptimize(oprf_finalize("SE|personnummer|191212121212", asked, *oprf.evaluate(asked.element)));
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(hex(*oprf.of("SE|personnummer|191212121212")).substr(0, 8));
}
BENCHMARK(oprf_together);

void oprf_evaluate(benchmark::State& state) {
    const auto oprf = *OprfKey::derive(std::string(32, 'k'), "");
    const auto asked = *oprf_blind("SE|personnummer|191212121212", idun::system_random());
    for (auto _ : state) benchmark::DoNotOptimize(oprf.evaluate(asked.element));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(oprf_evaluate);

void oprf_alone(benchmark::State& state) {
    const auto oprf = *OprfKey::derive(std::string(32, 'k'), "");
    for (auto _ : state) benchmark::DoNotOptimize(oprf.of("SE|personnummer|191212121212"));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(oprf_alone);

void jws_sign(benchmark::State& state) {
    const std::string payload(600, 'x');
    for (auto _ : state) benchmark::DoNotOptimize(sign_jws(key(), "t", payload));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(hex(sha256(sign_jws(key(), "t", payload)).view()).substr(0, 8));
}
BENCHMARK(jws_sign);

void jws_verify(benchmark::State& state) {
    const KeySet keys(key().public_key());
    const std::string token = sign_jws(key(), "t", std::string(600, 'x'));
    for (auto _ : state) benchmark::DoNotOptimize(verify_jws(token, keys, "t"));
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(verify_jws(token, keys, "t")->payload.size()));
}
BENCHMARK(jws_verify);

}  // namespace
