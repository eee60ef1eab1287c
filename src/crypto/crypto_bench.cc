#include <benchmark/benchmark.h>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/key_map.h"
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

std::vector<MapEntry> map_entries(std::int64_t count, std::uint64_t from = 0) {
    std::vector<MapEntry> out;
    for (std::uint64_t i = from; i < from + static_cast<std::uint64_t>(count); ++i)
        out.push_back({map_key("SE1", std::to_string(i)), i + 1, i});
    return out;
}

void key_map_make(benchmark::State& state) {
    const auto entries = map_entries(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(KeyMap(entries).root());
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetLabel(hex(KeyMap(entries).root().hash.view()).substr(0, 8));
}
BENCHMARK(key_map_make)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// A root of a map of a million people in which so many have changed, a tenth of them new.
void key_map_change(benchmark::State& state) {
    KeyMap map(map_entries(1'000'000));
    std::uint64_t round = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto changes = map_entries(state.range(0) * 9 / 10, round % 10 * 50'000);
        const auto added = map_entries(state.range(0) / 10, 1'000'000 + round * 10'000);
        changes.insert(changes.end(), added.begin(), added.end());
        ++round;
        state.ResumeTiming();
        map.apply(changes);
        benchmark::DoNotOptimize(map.root());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetLabel(std::to_string(map.size()) + " keys");
}
BENCHMARK(key_map_change)->Arg(10)->Arg(1'000)->Arg(30'000)->Unit(benchmark::kMillisecond)->Iterations(8);

void key_map_prove(benchmark::State& state) {
    const KeyMap map(map_entries(1'000'000));
    std::uint64_t i = 0;
    std::size_t siblings = 0;
    for (auto _ : state) siblings = map.prove(map_key("SE1", std::to_string(i++ % 1'000'000))).siblings.size();
    state.SetLabel(std::to_string(siblings) + " siblings");
}
BENCHMARK(key_map_prove);

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
