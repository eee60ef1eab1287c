// Fixed values, patterns, and what a value may at least and at most be.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/decimal.h"
#include "units/ucum.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Kind;
using json::Value;

namespace {

bool equal_numbers(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto x = Decimal::parse(a);
    const auto y = Decimal::parse(b);
    return x && y && *x == *y;
}

}  // namespace

bool equal_values(Value a, Value b) {
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case Kind::absent:
        case Kind::null: return true;
        case Kind::boolean: return a.boolean() == b.boolean();
        case Kind::number: return equal_numbers(a.text(), b.text());
        case Kind::string: return a.text() == b.text();
        case Kind::array: {
            if (a.size() != b.size()) return false;
            for (std::size_t i = 0; i < a.size(); ++i) {
                if (!equal_values(a[i], b[i])) return false;
            }
            return true;
        }
        case Kind::object: {
            // Ids of elements are no part of what is said.
            const auto count = [](Value v) { return v.size() - (v["id"] ? 1 : 0); };
            if (count(a) != count(b)) return false;
            return std::all_of(b.members().begin(), b.members().end(), [&](const json::Member& m) { return m.name == "id" || equal_values(a[m.name], m.value); });
        }
    }
    return false;
}

bool contains_pattern(Value value, Value pattern) {
    if (pattern.kind() == Kind::array) {
        for (const Value wanted : pattern.elements()) {
            bool found = false;
            for (const Value there : value.elements()) found = found || contains_pattern(there, wanted);
            if (!found) return false;
        }
        return value.is_array();
    }
    if (pattern.kind() == Kind::object) {
        if (!value.is_object()) return false;
        return std::all_of(pattern.members().begin(), pattern.members().end(), [&](const json::Member& m) { return contains_pattern(value[m.name], m.value); });
    }
    return equal_values(value, pattern);
}

namespace {

// Less, equal, more; nothing when the two do not compare.
std::optional<int> compare_primitive(fhir::Primitive type, std::string_view a, std::string_view b) {
    using fhir::Primitive;
    switch (type) {
        case Primitive::decimal:
        case Primitive::integer:
        case Primitive::positive_int:
        case Primitive::unsigned_int: {
            const auto x = Decimal::parse(a);
            const auto y = Decimal::parse(b);
            if (!x || !y) return std::nullopt;
            return Decimal::compare(*x, *y);
        }
        case Primitive::date:
        case Primitive::date_time:
        case Primitive::instant:
        case Primitive::time: {
            const std::size_t common = std::min(a.size(), b.size());
            const int order = a.substr(0, common).compare(b.substr(0, common));
            return order < 0 ? -1 : order > 0 ? 1 : 0;  // to the precision that both have
        }
        default: {
            const int order = a.compare(b);
            return order < 0 ? -1 : order > 0 ? 1 : 0;
        }
    }
}

// Nothing when the units do not compare.
std::optional<int> compare_quantities(Value a, Value b) {
    const auto x = Decimal::parse(a["value"].text());
    const auto y = Decimal::parse(b["value"].text());
    if (!x || !y) return std::nullopt;
    if (a["system"].text() == b["system"].text() && a["code"].text() == b["code"].text()) return Decimal::compare(*x, *y);
    constexpr std::string_view kUcum = "http://unitsofmeasure.org";
    if (a["system"].text() != kUcum || b["system"].text() != kUcum) return std::nullopt;
    const auto from = units::Unit::parse(a["code"].text());
    const auto to = units::Unit::parse(b["code"].text());
    if (!from || !to) return std::nullopt;
    const auto converted = units::convert(*x, *from, *to);
    if (!converted) return std::nullopt;
    return Decimal::compare(*converted, *y);
}

std::optional<int> compare(const Limit& limit, Value value) {
    if (limit.primitive == fhir::Primitive::none) return compare_quantities(value, limit.value);
    return compare_primitive(limit.primitive, value.text(), limit.value.text());
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void judge_limits(Run& run, const Rule& rule, const Item& item) {
    if (rule.max_length > 0 && item.value.is_string() && characters(item.text()) > rule.max_length) {
        run.error(IssueCode::too_long, item.place(), "{} may have at most {} characters", rule.label, rule.max_length);
    }
    if (rule.min_length > 0 && item.value.is_string() && characters(item.text()) < rule.min_length) {
        run.error(IssueCode::value, item.place(), "{} must have at least {} characters", rule.label, rule.min_length);
    }
    for (const bool least : {true, false}) {
        const Limit& limit = least ? rule.min_value : rule.max_value;
        if (!limit.value || !item.value) continue;
        const auto order = compare(limit, item.value);
        if (!order) {
            run.warn(IssueCode::value, item.place(), "{} could not be compared with its {} value; give the unit as a UCUM code", rule.label, least ? "least" : "greatest");
            continue;
        }
        if (least ? *order < 0 : *order > 0) run.error(IssueCode::value, item.place(), "{} is {} than the {} value allowed", rule.label, least ? "less" : "greater", least ? "least" : "greatest");
    }
}

}  // namespace idun::validation
