#include "search/internal/amount.h"

#include "units/ucum.h"

namespace idun::search {
namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";
using Form = Criterion::Form;

// The ends of a stored amount; an absent one is open.
struct Ends {
    std::optional<Decimal> low;
    std::optional<Decimal> high;
};

// A tenth of the value, for `ap`.
Decimal tenth(const Decimal& value) {
    return Decimal::multiply(value.abs(), Decimal::scaled(1, -1)).value_or(Decimal());
}

bool less(const Decimal& a, const Decimal& b) { return Decimal::compare(a, b) < 0; }

// `low` and `high` are the searched precision.
bool compare(DatePrefix prefix, const Decimal& number, const Decimal& low, const Decimal& high, const Ends& value) {
    const bool above = !value.high || less(number, *value.high);   // some of it is above the number
    const bool below = !value.low || less(*value.low, number);
    const bool equal = value.low && value.high && !less(*value.low, low) && less(*value.high, high);
    switch (prefix) {
        case DatePrefix::eq: return equal;
        case DatePrefix::ne: return !equal;
        case DatePrefix::gt: return above;
        case DatePrefix::lt: return below;
        case DatePrefix::ge: return above || equal;
        case DatePrefix::le: return below || equal;
        case DatePrefix::sa: return value.low && less(number, *value.low);
        case DatePrefix::eb: return value.high && less(*value.high, number);
        case DatePrefix::ap: {
            const Decimal near = tenth(number);
            const auto from = Decimal::subtract(number, near);
            const auto to = Decimal::add(number, near);
            return from && to && (!value.high || !less(*value.high, *from)) && (!value.low || !less(*to, *value.low));
        }
    }
    return false;
}

// In the unit's normal form; nothing when UCUM does not know it.
std::optional<units::Quantity> normal(const Decimal& value, std::string_view code) {
    const auto unit = units::Unit::parse(code);
    if (!unit) return std::nullopt;
    auto out = units::canonical(value, *unit);
    if (!out) return std::nullopt;
    return std::move(*out);
}

// Both in one unit, which UCUM can convert. Nothing when it cannot: then they do not compare.
bool compare_converted(const Criterion& c, const QuantityValue& value) {
    const auto unit = units::Unit::parse(value.code);
    const auto wanted = units::Unit::parse(c.text);
    if (!unit || !wanted || !units::comparable(*unit, *wanted)) return false;
    Ends ends;
    for (const auto& [from, to] : {std::pair(&value.low, &ends.low), std::pair(&value.high, &ends.high)}) {
        if (!*from) continue;
        const auto converted = units::convert(**from, *unit, *wanted);
        if (!converted) return false;
        *to = *converted;
    }
    return compare(c.prefix, c.number, c.low, c.high, ends);
}


}  // namespace

bool amount_fits(const Criterion& c, const QuantityValue& value) {
    const Ends ends{value.low, value.high};
    if (c.form == Form::any_system) return compare(c.prefix, c.number, c.low, c.high, ends);
    if (c.form == Form::no_system) {
        return (value.code == c.text || value.unit == c.text) && compare(c.prefix, c.number, c.low, c.high, ends);
    }
    if (value.system != c.system) return false;
    if (value.code == c.text) return compare(c.prefix, c.number, c.low, c.high, ends);
    return c.system == kUcum && compare_converted(c, value);
}

double amount_for_order(const QuantityValue& value) {
    const auto& end = value.low ? value.low : value.high;
    if (!end) return 0;
    if (value.system == kUcum) {
        if (const auto made = normal(*end, value.code)) return made->value.to_double();
    }
    return end->to_double();
}

}  // namespace idun::search
