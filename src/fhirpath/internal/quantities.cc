#include "fhirpath/internal/quantities.h"

#include <algorithm>
#include <string_view>

#include "units/ucum.h"

namespace idun::fhirpath::internal {
namespace {

using units::Unit;

// Years and months of the calendar, which UCUM has no equal for.
bool is_long(const Quantity& q) { return q.calendar && (q.unit == "year" || q.unit == "month"); }

std::string code(const Quantity& q) {
    if (!q.calendar) return q.unit;
    if (q.unit == "year") return "a";
    if (q.unit == "month") return "mo";
    if (q.unit == "week") return "wk";
    if (q.unit == "day") return "d";
    if (q.unit == "hour") return "h";
    if (q.unit == "minute") return "min";
    return q.unit == "second" ? "s" : "ms";
}

std::optional<Decimal> months(const Quantity& q) {
    return q.unit == "year" ? Decimal::multiply(q.value, Decimal::of(12)) : std::optional(q.value);
}

bool same_unit(const Quantity& a, const Quantity& b) {
    return a.unit == b.unit && a.calendar == b.calendar;
}

std::optional<Unit> unit(const Quantity& q) {
    auto out = Unit::parse(code(q));
    return out ? std::optional(std::move(*out)) : std::nullopt;
}

std::optional<Decimal> converted(const Decimal& value, const Unit& from, const Unit& to) {
    auto out = units::convert(value, from, to);
    return out ? std::optional(std::move(*out)) : std::nullopt;
}

// Both in one unit: the coarser or the finer one of the two. nullopt when there is none.
struct Pair {
    Decimal a;
    Decimal b;
    const Quantity* unit;  // whose unit it is
};
std::optional<Pair> aligned(const Quantity& a, const Quantity& b, bool finer) {
    const auto x = unit(a);
    const auto y = unit(b);
    if (!x || !y || !units::comparable(*x, *y)) return std::nullopt;
    const auto ratio = converted(Decimal::of(1), *x, *y);
    const bool a_is_coarser = !ratio || *ratio >= Decimal::of(1);
    if (a_is_coarser != finer) {
        const auto value = converted(b.value, *y, *x);
        return value ? std::optional(Pair{a.value, *value, &a}) : std::nullopt;
    }
    const auto value = converted(a.value, *x, *y);
    return value ? std::optional(Pair{*value, b.value, &b}) : std::nullopt;
}

std::optional<Quantity> sum(const Quantity& a, const Quantity& b, bool minus) {
    const auto total = [&](const Decimal& x, const Decimal& y, const Quantity& like) -> std::optional<Quantity> {
        const auto value = minus ? Decimal::subtract(x, y) : Decimal::add(x, y);
        return value ? std::optional(Quantity{*value, like.unit, like.calendar}) : std::nullopt;
    };
    if (same_unit(a, b)) return total(a.value, b.value, a);
    if (is_long(a) != is_long(b)) return std::nullopt;
    if (is_long(a)) {
        const auto x = months(a);
        const auto y = months(b);
        return x && y ? total(*x, *y, a.unit == "month" ? a : b) : std::nullopt;
    }
    const auto pair = aligned(a, b, true);
    return pair ? total(pair->a, pair->b, *pair->unit) : std::nullopt;
}

bool is_plain(const Quantity& q) { return !q.calendar && q.unit == "1"; }

}  // namespace

std::optional<int> compare(const Quantity& a, const Quantity& b) {
    if (same_unit(a, b)) return Decimal::compare(a.value, b.value);
    if (is_long(a) != is_long(b)) return std::nullopt;
    if (is_long(a)) {
        const auto x = months(a);
        const auto y = months(b);
        return x && y ? std::optional(Decimal::compare(*x, *y)) : std::nullopt;
    }
    const auto x = unit(a);
    const auto y = unit(b);
    if (!x || !y || !units::comparable(*x, *y)) return std::nullopt;
    const auto left = units::canonical(a.value, *x);
    const auto right = units::canonical(b.value, *y);
    if (!left || !right) return std::nullopt;
    return Decimal::compare(left->value, right->value);
}

bool comparable(const Quantity& a, const Quantity& b) {
    if (same_unit(a, b)) return true;
    if (is_long(a) != is_long(b)) return false;
    const auto x = unit(a);
    const auto y = unit(b);
    return x && y && units::comparable(*x, *y);
}

bool equivalent(const Quantity& a, const Quantity& b) {
    if (same_unit(a, b)) return equivalent(a.value, b.value);
    const auto pair = aligned(a, b, false);
    return pair && equivalent(pair->a, pair->b);
}

bool equivalent(const Decimal& a, const Decimal& b) {
    const int decimals = std::min(a.reduced().decimals(), b.reduced().decimals());
    return a.rounded(decimals) == b.rounded(decimals);
}

std::optional<Quantity> add(const Quantity& a, const Quantity& b) { return sum(a, b, false); }
std::optional<Quantity> subtract(const Quantity& a, const Quantity& b) { return sum(a, b, true); }

std::optional<Quantity> multiply(const Quantity& a, const Quantity& b) {
    const auto value = Decimal::multiply(a.value, b.value);
    if (!value) return std::nullopt;
    if (is_plain(a)) return Quantity{*value, b.unit, b.calendar};
    if (is_plain(b)) return Quantity{*value, a.unit, a.calendar};
    auto product = units::product_code(code(a), code(b));
    if (!product) return std::nullopt;
    return Quantity{*value, std::move(*product), false};
}

std::optional<Quantity> divide(const Quantity& a, const Quantity& b) {
    const auto value = Decimal::divide(a.value, b.value);
    if (!value) return std::nullopt;
    if (is_plain(b)) return Quantity{*value, a.unit, a.calendar};
    if (same_unit(a, b)) return Quantity{*value};
    auto quotient = units::quotient_code(code(a), code(b));
    if (!quotient) return std::nullopt;
    return Quantity{*value, std::move(*quotient), false};
}

std::optional<Quantity> in_unit(const Quantity& a, std::string_view wanted, bool calendar) {
    Quantity out{a.value, std::string(wanted), calendar};
    if (calendar && out.unit.back() == 's') out.unit.pop_back();
    if (same_unit(a, out)) return out;
    if (is_long(a) != is_long(out)) return std::nullopt;
    const auto from = unit(a);
    const auto to = unit(out);
    if (!from || !to || !units::comparable(*from, *to)) return std::nullopt;
    const auto value = converted(a.value, *from, *to);
    if (!value) return std::nullopt;
    out.value = *value;
    return out;
}

}  // namespace idun::fhirpath::internal
