// The functions of special units, as the UCUM specification defines them (§ 21 to 22 and its tables).
#include <cmath>

#include "units/internal/table.h"

namespace idun::units {
namespace {

Decimal number(std::string_view text) { return Decimal::parse(text).value_or(Decimal()); }

Result<Decimal> known(const std::optional<Decimal>& value) {
    if (value) return *value;
    return fail(Category::invalid, "the value has no counterpart in this unit");
}

// base^(value × factor)
Result<Decimal> raised(const Decimal& base, const std::optional<Decimal>& exponent) {
    if (!exponent) return known(std::nullopt);
    return known(base.power(*exponent));
}

Result<Decimal> logarithm(const Decimal& value, const Decimal& base, const Decimal& factor) {
    auto log = value.log(base);
    return known(log ? Decimal::multiply(*log, factor) : std::nullopt);
}

// Tangents are not in Decimal: UCUM has them for slopes only, where a double's 15 digits are far beyond any instrument.
Result<Decimal> by_double(double value) {
    auto exact = Decimal::from_double(value);
    if (!exact) return known(std::nullopt);
    return exact->rounded(15 - exact->digits() - exact->exponent());
}

}  // namespace

Result<Decimal> apply(Function function, const Decimal& value) {
    const auto ten = Decimal::of(10);
    switch (function) {
        case Function::none: return value;
        case Function::celsius: return known(Decimal::add(value, number("273.15")));
        case Function::fahrenheit: return known(Decimal::add(value, number("459.67")));
        case Function::reaumur: return known(Decimal::add(value, number("218.52")));
        case Function::tan100: return by_double(std::atan(value.to_double() / 100));
        case Function::ph:
        case Function::hp_x: return raised(ten, value.negated());
        case Function::ln: return known(value.exp());
        case Function::lg: return raised(ten, value);
        case Function::lg2: return raised(ten, Decimal::multiply(value, number("0.5")));
        case Function::ld: return raised(Decimal::of(2), value);
        case Function::sqrt: return known(Decimal::multiply(value, value));
        case Function::hp_c: return raised(Decimal::of(100), value.negated());
        case Function::hp_m: return raised(Decimal::of(1000), value.negated());
        case Function::hp_q: return raised(Decimal::of(50'000), value.negated());
    }
    return known(std::nullopt);
}

Result<Decimal> unapply(Function function, const Decimal& value) {
    const auto one = Decimal::of(1);
    const auto minus = Decimal::of(-1);
    switch (function) {
        case Function::none: return value;
        case Function::celsius: return known(Decimal::subtract(value, number("273.15")));
        case Function::fahrenheit: return known(Decimal::subtract(value, number("459.67")));
        case Function::reaumur: return known(Decimal::subtract(value, number("218.52")));
        case Function::tan100: return by_double(std::tan(value.to_double()) * 100);
        case Function::ph:
        case Function::hp_x: return logarithm(value, Decimal::of(10), minus);
        case Function::ln: return known(value.ln());
        case Function::lg: return logarithm(value, Decimal::of(10), one);
        case Function::lg2: return logarithm(value, Decimal::of(10), Decimal::of(2));
        case Function::ld: return logarithm(value, Decimal::of(2), one);
        case Function::sqrt: return known(value.sqrt());
        case Function::hp_c: return logarithm(value, Decimal::of(100), minus);
        case Function::hp_m: return logarithm(value, Decimal::of(1000), minus);
        case Function::hp_q: return logarithm(value, Decimal::of(50'000), minus);
    }
    return known(std::nullopt);
}

}  // namespace idun::units
