// Arithmetic: the operators and the functions of numbers.
#include <limits>

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/quantities.h"

namespace idun::fhirpath::internal {
namespace {

using Kind = Item::Kind;
using F = Function;

bool is_number(const Item& item) { return item.kind() == Kind::integer || item.kind() == Kind::decimal; }
bool is_amount(const Item& item) { return is_number(item) || item.kind() == Kind::quantity; }
bool is_moment(const Item& item) { return item.kind() == Kind::date || item.kind() == Kind::date_time || item.kind() == Kind::time; }

Decimal number(const Item& item) { return item.kind() == Kind::integer ? Decimal::of(item.as_integer()) : item.as_decimal(); }
Quantity quantity(const Item& item) { return item.kind() == Kind::quantity ? item.as_quantity() : Quantity{number(item)}; }

// The unit of a duration, in words or in UCUM. UCUM's year and month are no duration of the calendar.
std::optional<TemporalUnit> duration_unit(const Quantity& q) {
    if (q.calendar) return calendar_unit(q.unit);
    if (q.unit == "wk") return TemporalUnit::week;
    if (q.unit == "d") return TemporalUnit::day;
    if (q.unit == "h") return TemporalUnit::hour;
    if (q.unit == "min") return TemporalUnit::minute;
    if (q.unit == "s") return TemporalUnit::second;
    if (q.unit == "ms") return TemporalUnit::millisecond;
    return std::nullopt;
}

}  // namespace

void Evaluator::push_decimal(const std::optional<Decimal>& value, Items& out) {
    if (value) out.push(Item::decimal(store().keep(*value)));
}

void Evaluator::push_integer(std::optional<std::int64_t> value, Items& out) {
    if (!value || *value > std::numeric_limits<std::int32_t>::max() || *value < std::numeric_limits<std::int32_t>::min()) return;
    out.push(Item::integer(*value));
}

void Evaluator::push_quantity(std::optional<Quantity> value, Items& out) {
    if (value) out.push(Item::quantity(store().keep(std::move(*value))));
}

bool Evaluator::arithmetic(const Node& n, const Frame& frame, Items& out) {
    std::optional<Item> left;
    std::optional<Item> right;
    if (!single_argument(n, 0, frame, left) || !single_argument(n, 1, frame, right)) return false;
    const auto a = left ? to_system(*left, store()) : std::nullopt;
    const auto b = right ? to_system(*right, store()) : std::nullopt;
    const bool bad_left = left && !a && !left->is_primitive();
    const bool bad_right = right && !b && !right->is_primitive();
    if (bad_left || bad_right) return fail(Category::invalid, "an operator over what it does not take", n);
    if (n.op == Op::concatenate) {
        const auto text = [](const std::optional<Item>& item) { return item ? item->as_string() : std::string_view(); };
        if ((a && a->kind() != Kind::string) || (b && b->kind() != Kind::string)) return fail(Category::invalid, "& joins Strings", n);
        return push_text(std::string(text(a)) + std::string(text(b)), out);
    }
    if (!a || !b) return true;
    switch (n.op) {
        case Op::add:
        case Op::subtract: return plus(*a, *b, n, out);
        case Op::multiply:
        case Op::divide: return times(*a, *b, n, out);
        default: break;
    }
    if (!is_number(*a) || !is_number(*b)) return fail(Category::invalid, "div and mod take numbers", n);
    const bool integers = a->kind() == Kind::integer && b->kind() == Kind::integer;
    if (n.op == Op::div) {
        const auto result = Decimal::quotient(number(*a), number(*b));
        if (result) push_integer(result->to_int64(), out);
        return true;
    }
    const auto result = Decimal::remainder(number(*a), number(*b));
    if (!integers) push_decimal(result, out);
    else if (result) push_integer(result->to_int64(), out);
    return true;
}

bool Evaluator::plus(const Item& a, const Item& b, const Node& n, Items& out) {
    const bool minus = n.op == Op::subtract;
    if (a.kind() == Kind::integer && b.kind() == Kind::integer) {
        push_integer(minus ? a.as_integer() - b.as_integer() : a.as_integer() + b.as_integer(), out);
    } else if (is_number(a) && is_number(b)) {
        push_decimal(minus ? Decimal::subtract(number(a), number(b)) : Decimal::add(number(a), number(b)), out);
    } else if (is_amount(a) && is_amount(b)) {
        push_quantity(minus ? subtract(quantity(a), quantity(b)) : add(quantity(a), quantity(b)), out);
    } else if (a.kind() == Kind::string && b.kind() == Kind::string && n.op == Op::add) {
        return push_text(std::string(a.as_string()) + std::string(b.as_string()), out);
    } else if (is_moment(a) && b.kind() == Kind::quantity) {
        return plus_quantity(a, b.as_quantity(), n, minus, out);
    } else {
        return fail(Category::invalid, "values that cannot be added or subtracted", n);
    }
    return true;
}

bool Evaluator::plus_quantity(const Item& moment, const Quantity& q, const Node& n, bool minus, Items& out) {
    const auto unit = duration_unit(q);
    if (!unit) return fail(Category::invalid, "a unit that is no duration of the calendar", n);
    const bool is_time = moment.kind() == Kind::time;
    if (is_time && *unit <= TemporalUnit::day) return fail(Category::invalid, "a unit that a Time does not have", n);
    const auto result = moment.as_temporal().plus(minus ? q.value.negated() : q.value, *unit, is_time);
    if (result) out.push(Item::temporal(moment.kind(), *result));
    return true;
}

bool Evaluator::times(const Item& a, const Item& b, const Node& n, Items& out) {
    if (!is_amount(a) || !is_amount(b)) return fail(Category::invalid, "values that cannot be multiplied or divided", n);
    const bool divide_ = n.op == Op::divide;
    if (!is_number(a) || !is_number(b)) {
        push_quantity(divide_ ? divide(quantity(a), quantity(b)) : multiply(quantity(a), quantity(b)), out);
    } else if (divide_) {
        push_decimal(Decimal::divide(number(a), number(b)), out);
    } else if (a.kind() == Kind::integer && b.kind() == Kind::integer) {
        const auto product = Decimal::multiply(number(a), number(b));
        if (product) push_integer(product->to_int64(), out);
    } else {
        push_decimal(Decimal::multiply(number(a), number(b)), out);
    }
    return true;
}

bool Evaluator::math(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<Item> item;
    if (!single(in, n, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    if (!value || !is_amount(*value)) {
        if (!value && item->is_primitive()) return true;
        return fail(Category::invalid, "not a number where one is asked for", n);
    }
    const bool integer = value->kind() == Kind::integer;
    const Decimal x = value->kind() == Kind::quantity ? value->as_quantity().value : number(*value);
    const auto push_like = [&](const Decimal& result) {  // Integer stays Integer, a Quantity keeps its unit
        if (integer) return push_integer(result.to_int64(), out);
        if (value->kind() == Kind::decimal) return push_decimal(result, out);
        Quantity q = value->as_quantity();
        q.value = result;
        push_quantity(std::move(q), out);
    };
    const auto push_whole = [&](const Decimal& result) {
        if (value->kind() == Kind::quantity) return push_like(result);
        push_integer(result.to_int64(), out);
    };
    switch (n.function) {
        case F::abs: push_like(x.abs()); return true;
        case F::ceiling: push_whole(x.ceiling()); return true;
        case F::floor: push_whole(x.floor()); return true;
        case F::truncate: push_whole(x.truncated()); return true;
        case F::round: {
            std::optional<std::int64_t> digits = 0;
            if (n.count > 0 && !integer_argument(n, 0, frame, digits)) return false;
            if (!digits) digits = 0;
            if (*digits < 0) return fail(Category::invalid, "round() to fewer than no decimals", n);
            if (integer) push_like(x);
            else push_like(*digits > 1000 ? x : x.rounded(static_cast<int>(*digits)));
            return true;
        }
        default: break;
    }
    if (value->kind() == Kind::quantity) return fail(Category::invalid, "a Quantity where a number is asked for", n);
    constexpr std::uint64_t kSeriesSteps = 256;  // of exp, ln, log, power, sqrt
    if (!spend(kSeriesSteps)) return false;
    std::optional<Item> second;
    if (n.count > 0) {
        if (!single_argument(n, 0, frame, second)) return false;
        if (second) second = to_system(*second, store());
        if (!second) return true;
        if (!is_number(*second)) return fail(Category::invalid, "not a number where one is asked for", program_.argument(n, 0));
    }
    switch (n.function) {
        case F::exp: push_decimal(x.exp(), out); return true;
        case F::ln: push_decimal(x.ln(), out); return true;
        case F::sqrt: push_decimal(x.sqrt(), out); return true;
        case F::log: push_decimal(x.log(number(*second)), out); return true;
        default: break;
    }
    const auto result = x.power(number(*second));
    const bool whole = integer && second->kind() == Kind::integer && second->as_integer() >= 0;
    if (!whole) push_decimal(result, out);
    else if (result) push_integer(result->to_int64(), out);
    return true;
}

}  // namespace idun::fhirpath::internal
