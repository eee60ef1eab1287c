#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "base/decimal.h"
#include "units/ucum.h"

namespace {

using namespace idun;

constexpr const char* kCodes[] = {"mg/dL", "mm[Hg]", "10*3/uL", "Cel", "mmol/L", "kg/m2", "{score}", "[iU]/L"};
constexpr const char* kNumbers[] = {"1.10", "120", "98.6", "0.0054", "-3.25", "6.302", "1234567.89", "7.4"};

void parse_decimal(benchmark::State& state) {
    std::size_t i = 0, sum = 0;
    for (auto _ : state) sum += static_cast<std::size_t>(Decimal::parse(kNumbers[i++ % 8])->digits());
    state.SetLabel("digits " + std::to_string(sum % 1000));
}
BENCHMARK(parse_decimal);

void compare_decimals(benchmark::State& state) {
    std::vector<Decimal> numbers;
    for (const char* text : kNumbers) numbers.push_back(*Decimal::parse(text));
    std::size_t i = 0, less = 0;
    for (auto _ : state) {
        less += numbers[i % 8] < numbers[(i * 3 + 1) % 8];
        ++i;
    }
    state.SetLabel("less " + std::to_string(less % 1000));
}
BENCHMARK(compare_decimals);

void divide_decimals(benchmark::State& state) {
    auto a = *Decimal::parse("98.6"), b = *Decimal::parse("7");
    for (auto _ : state) benchmark::DoNotOptimize(Decimal::divide(a, b));
    state.SetLabel(Decimal::divide(a, b)->text());
}
BENCHMARK(divide_decimals);

void parse_unit(benchmark::State& state) {
    std::size_t i = 0, taken = 0;
    for (auto _ : state) taken += units::Unit::parse(kCodes[i++ % 8]).has_value();
    state.SetLabel("taken " + std::to_string(taken == i));
}
BENCHMARK(parse_unit);

void canonical_form(benchmark::State& state) {  // text to text, as an index does it
    std::size_t i = 0, size = 0;
    for (auto _ : state) {
        auto form = units::canonical(*Decimal::parse(kNumbers[i % 8]), *units::Unit::parse(kCodes[i % 8]));
        size += form->value.canonical().size() + form->unit.size();
        ++i;
    }
    state.SetLabel("bytes " + std::to_string(size / i));
}
BENCHMARK(canonical_form);

}  // namespace
