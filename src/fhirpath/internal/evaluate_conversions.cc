// From one System type to another; types; precision.
#include <algorithm>
#include <array>
#include <cmath>

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/quantities.h"
#include "fhirpath/internal/text.h"

namespace idun::fhirpath::internal {
namespace {

using Kind = Item::Kind;
using F = Function;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// (+|-)? digits (. digits)?
bool is_number_text(std::string_view text, bool fraction) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const auto digits = [](std::string_view part) { return !part.empty() && std::ranges::all_of(part, is_digit); };
    if (point == std::string_view::npos) return digits(text);
    return fraction && digits(text.substr(0, point)) && digits(text.substr(point + 1));
}

std::optional<bool> to_boolean(const Item& item) {
    switch (item.kind()) {
        case Kind::boolean: return item.as_boolean();
        case Kind::integer:
            if (item.as_integer() == 0 || item.as_integer() == 1) return item.as_integer() == 1;
            return std::nullopt;
        case Kind::decimal:
            if (item.as_decimal() == Decimal::of(1)) return true;
            if (item.as_decimal().is_zero()) return false;
            return std::nullopt;
        case Kind::string: {
            static constexpr std::array<std::string_view, 6> kYes = {"true", "t", "yes", "y", "1", "1.0"};
            static constexpr std::array<std::string_view, 6> kNo = {"false", "f", "no", "n", "0", "0.0"};
            const std::string word = lower(item.as_string());
            if (std::ranges::find(kYes, word) != kYes.end()) return true;
            if (std::ranges::find(kNo, word) != kNo.end()) return false;
            return std::nullopt;
        }
        default: return std::nullopt;
    }
}

std::optional<std::int64_t> to_integer(const Item& item) {
    if (item.kind() == Kind::integer) return item.as_integer();
    if (item.kind() == Kind::boolean) return item.as_boolean() ? 1 : 0;
    if (item.kind() != Kind::string || !is_number_text(item.as_string(), false)) return std::nullopt;
    const auto parsed = Decimal::parse(item.as_string());
    return parsed ? parsed->to_int64() : std::nullopt;
}

std::optional<Decimal> to_decimal(const Item& item) {
    if (item.kind() == Kind::decimal) return item.as_decimal();
    if (item.kind() == Kind::integer) return Decimal::of(item.as_integer());
    if (item.kind() == Kind::boolean) return Decimal::parse(item.as_boolean() ? "1.0" : "0.0");
    if (item.kind() != Kind::string || !is_number_text(item.as_string(), true)) return std::nullopt;
    return Decimal::parse(item.as_string());
}

// "1", "1.5 'mg'", "4 days"
std::optional<Quantity> quantity_of(std::string_view text) {
    std::size_t end = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    if (!is_number_text(text.substr(0, end), true)) return std::nullopt;
    const auto value = Decimal::parse(text.substr(0, end));
    if (!value) return std::nullopt;
    const std::string_view rest = trimmed(text.substr(end));
    if (rest.empty()) return end == text.size() ? std::optional(Quantity{*value}) : std::nullopt;
    if (rest.size() > 2 && rest.front() == '\'' && rest.back() == '\'') {
        const std::string unit(rest.substr(1, rest.size() - 2));
        if (unit.find('\'') != std::string::npos) return std::nullopt;
        return Quantity{*value, unit, false};
    }
    if (!calendar_unit(rest) || rest.size() == text.size() - end) return std::nullopt;  // a blank must stand between
    std::string unit(rest);
    if (unit.back() == 's') unit.pop_back();
    return Quantity{*value, unit, true};
}

std::optional<Quantity> to_quantity(const Item& item) {
    switch (item.kind()) {
        case Kind::quantity: return item.as_quantity();
        case Kind::integer: return Quantity{Decimal::of(item.as_integer())};
        case Kind::decimal: return Quantity{item.as_decimal()};
        case Kind::boolean: return Quantity{*Decimal::parse(item.as_boolean() ? "1.0" : "0.0")};
        case Kind::string: return quantity_of(item.as_string());
        default: return std::nullopt;
    }
}

std::optional<Temporal> to_date(const Item& item) {
    if (item.kind() == Kind::date) return item.as_temporal();
    std::optional<Temporal> out;
    if (item.kind() == Kind::date_time) out = item.as_temporal();
    if (item.kind() == Kind::string) out = Temporal::parse_date_time(item.as_string());
    if (!out) return out;
    out->precision = std::min(out->precision, Temporal::Precision::day);
    out->has_zone = false;
    return out;
}

std::optional<Temporal> to_date_time(const Item& item) {
    if (item.kind() == Kind::date || item.kind() == Kind::date_time) return item.as_temporal();
    return item.kind() == Kind::string ? Temporal::parse_date_time(item.as_string()) : std::nullopt;
}

std::optional<Temporal> to_time(const Item& item) {
    if (item.kind() == Kind::time) return item.as_temporal();
    return item.kind() == Kind::string ? Temporal::parse_time(item.as_string()) : std::nullopt;
}

// The bound of what the written digits leave open: 1.587 is from 1.5865 to 1.5875, cut to `digits` decimals outwards.
std::optional<Decimal> boundary_of(const Decimal& value, bool high, std::int64_t digits) {
    constexpr std::int64_t kDigitsMax = 31;
    if (digits < 0 || digits > kDigitsMax) return std::nullopt;
    const Decimal half = Decimal::scaled(5, -(value.decimals() + 1));
    const auto bound = high ? Decimal::add(value, half) : Decimal::subtract(value, half);
    if (!bound) return std::nullopt;
    const Decimal unit = Decimal::scaled(1, static_cast<int>(-digits));
    const auto scaled = Decimal::divide(*bound, unit);
    if (!scaled) return std::nullopt;
    const auto cut = Decimal::multiply(high ? scaled->ceiling() : scaled->floor(), unit);
    return cut ? Decimal::add(*cut, Decimal::scaled(0, static_cast<int>(-digits))) : cut;  // written with all its digits
}

std::string_view system_name(const Item& item, std::string& space) {
    space = "System";
    switch (item.kind()) {
        case Kind::boolean: return "Boolean";
        case Kind::integer: return "Integer";
        case Kind::decimal: return "Decimal";
        case Kind::string: return "String";
        case Kind::date: return "Date";
        case Kind::date_time: return "DateTime";
        case Kind::time: return "Time";
        case Kind::quantity: return "Quantity";
        case Kind::type_info: return "TypeInfo";
        case Kind::element: break;
    }
    space = "FHIR";
    return item.type() == nullptr ? std::string_view() : item.type()->name;
}

}  // namespace

bool Evaluator::convert(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<Item> item;
    if (!single(in, n, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    const auto push_moment = [&](Kind kind, const std::optional<Temporal>& t) {
        if (t) out.push(Item::temporal(kind, *t));
    };
    if (!value && item->is_primitive()) return true;
    const bool simple = value && !value->is_element();
    switch (n.function) {
        case F::to_boolean:
        case F::converts_to_boolean:
            if (const auto b = simple ? to_boolean(*value) : std::nullopt) out.push(Item::boolean(*b));
            break;
        case F::to_integer:
        case F::converts_to_integer:
            if (simple) push_integer(to_integer(*value), out);
            break;
        case F::to_decimal:
        case F::converts_to_decimal:
            if (simple) push_decimal(to_decimal(*value), out);
            break;
        case F::to_date:
        case F::converts_to_date:
            if (simple) push_moment(Kind::date, to_date(*value));
            break;
        case F::to_date_time:
        case F::converts_to_date_time:
            if (simple) push_moment(Kind::date_time, to_date_time(*value));
            break;
        case F::to_time:
        case F::converts_to_time:
            if (simple) push_moment(Kind::time, to_time(*value));
            break;
        case F::to_string:
        case F::converts_to_string:
            if (simple) {
                if (auto text = to_text(*item); text && !push_text(std::move(*text), out)) return false;
            }
            break;
        default: {
            std::optional<std::string_view> unit;
            if (n.count > 0 && !text_argument(n, 0, frame, unit)) return false;
            auto quantity = simple ? to_quantity(*value) : std::nullopt;
            if (quantity && unit) quantity = in_unit(*quantity, *unit, calendar_unit(*unit).has_value());
            push_quantity(std::move(quantity), out);
            break;
        }
    }
    if (info_of(n.function).out == Form::boolean && n.function != F::to_boolean) {
        const bool converts = !out.empty();
        out.clear();
        out.push(Item::boolean(converts));
    }
    return true;
}

bool Evaluator::type_of(const Items& in, Items& out) {
    for (const Item& item : in) {
        TypeInfo info;
        info.name = system_name(item, info.name_space);
        out.push(Item::type_info(store().keep(std::move(info))));
    }
    return spend(in.size() * 4);
}

bool Evaluator::boundaries(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<Item> item;
    if (!single(in, n, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    if (n.function == F::comparable) {
        std::optional<Item> other;
        if (!single_argument(n, 0, frame, other)) return false;
        if (!other) return true;
        const auto b = to_system(*other, store());
        const bool quantities = value && b && value->kind() == Kind::quantity && b->kind() == Kind::quantity;
        if (!quantities) return fail(Category::invalid, "comparable() is for Quantities", n);
        out.push(Item::boolean(comparable(value->as_quantity(), b->as_quantity())));
        return true;
    }
    if (!value) {
        if (item->is_primitive()) return true;
        return fail(Category::invalid, "a value without precision", n);
    }
    const Kind kind = value->kind();
    const bool moment = kind == Kind::date || kind == Kind::date_time || kind == Kind::time;
    if (n.function == F::precision) {
        if (moment) out.push(Item::integer(value->as_temporal().precision_digits(kind == Kind::time)));
        else if (kind == Kind::decimal) out.push(Item::integer(value->as_decimal().decimals()));
        else if (kind == Kind::integer) out.push(Item::integer(0));
        else return fail(Category::invalid, "a value without precision", n);
        return true;
    }
    std::optional<std::int64_t> digits;
    if (n.count > 0 && !integer_argument(n, 0, frame, digits)) return false;
    const bool high = n.function == F::high_boundary;
    if (moment) {
        const int most = kind == Kind::time ? 9 : (kind == Kind::date ? 8 : 17);
        const std::int64_t wanted = digits.value_or(most);
        if (wanted < 0 || wanted > 17) return true;
        const auto result = value->as_temporal().boundary(high, static_cast<int>(wanted), kind == Kind::time, kind == Kind::date);
        if (result) out.push(Item::temporal(kind, *result));
        return true;
    }
    const std::int64_t wanted = digits.value_or(8);
    if (kind == Kind::quantity) {
        Quantity q = value->as_quantity();
        const auto bound = boundary_of(q.value, high, wanted);
        if (!bound) return true;
        q.value = *bound;
        push_quantity(std::move(q), out);
        return true;
    }
    if (kind != Kind::decimal && kind != Kind::integer) return fail(Category::invalid, "a value without boundaries", n);
    push_decimal(boundary_of(kind == Kind::integer ? Decimal::of(value->as_integer()) : value->as_decimal(), high, wanted), out);
    return true;
}

}  // namespace idun::fhirpath::internal
