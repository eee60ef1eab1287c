#include "fhirpath/internal/equality.h"

#include <algorithm>
#include <vector>

#include "fhirpath/internal/quantities.h"
#include "fhirpath/internal/text.h"

namespace idun::fhirpath::internal {
namespace {

using Kind = Item::Kind;

constexpr std::uint64_t kBytesAStep = 256;       // of texts compared
constexpr std::uint64_t kQuantitySteps = 32;     // two units are parsed

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::decimal; }
bool is_date(Kind kind) { return kind == Kind::date || kind == Kind::date_time; }

Decimal number(const Item& item) {
    return item.kind() == Kind::integer ? Decimal::of(item.as_integer()) : item.as_decimal();
}
Quantity quantity(const Item& item) {
    return item.kind() == Kind::quantity ? item.as_quantity() : Quantity{number(item)};
}
bool is_amount(Kind kind) { return is_number(kind) || kind == Kind::quantity; }

int sign(std::strong_ordering o) { return o < 0 ? -1 : (o > 0 ? 1 : 0); }

json::Value content(json::Value value) { return value && value.kind() != json::Kind::null ? value : json::Value(); }

// Two trees of JSON, numbers by value. Their shapes matter little: equal names hold equal types. In `loose`
// (equivalence) the order of arrays does not count, and neither do case and blanks in texts.
bool same_tree(json::Value a, json::Value b, bool loose, Work& work);

bool same_members(json::Value a, json::Value b, bool loose, Work& work) {
    if (a.size() != b.size()) return false;
    return std::ranges::all_of(a.members(), [&](const json::Member& m) {
        const json::Value other = b[m.name];
        return other && same_tree(m.value, other, loose, work);
    });
}

bool same_elements(json::Value a, json::Value b, bool loose, Work& work) {
    if (a.size() != b.size()) return false;
    if (!loose) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!same_tree(a[i], b[i], false, work)) return false;
        }
        return true;
    }
    std::vector<bool> used(b.size());
    for (const json::Value x : a.elements()) {
        std::size_t i = 0;
        while (i < b.size() && (used[i] || !same_tree(x, b[i], true, work))) ++i;
        if (i == b.size()) return false;
        used[i] = true;
    }
    return true;
}

bool same_tree(json::Value a, json::Value b, bool loose, Work& work) {
    if (!work.spend(1)) return false;
    if (a.same(b)) return true;
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case json::Kind::absent:
        case json::Kind::null: return true;
        case json::Kind::boolean: return a.boolean() == b.boolean();
        case json::Kind::string:
            if (!work.spend((a.text().size() + b.text().size()) / kBytesAStep * (loose ? 8 : 1) + 1)) return false;
            return loose ? normal(a.text()) == normal(b.text()) : a.text() == b.text();
        case json::Kind::object: return same_members(a, b, loose, work);
        case json::Kind::array: return same_elements(a, b, loose, work);
        case json::Kind::number: break;
    }
    const auto x = Decimal::parse(a.text());
    const auto y = Decimal::parse(b.text());
    if (!x || !y) return a.text() == b.text();
    return loose ? equivalent(*x, *y) : *x == *y;
}

std::optional<bool> equal_values(const Item& a, const Item& b) {
    if (is_number(a.kind()) && is_number(b.kind())) {
        if (a.kind() == Kind::integer && b.kind() == Kind::integer) return a.as_integer() == b.as_integer();
        return number(a) == number(b);
    }
    if (is_amount(a.kind()) && is_amount(b.kind())) {
        const auto order = compare(quantity(a), quantity(b));
        if (!order) return std::nullopt;
        return *order == 0;
    }
    const bool dates = is_date(a.kind()) && is_date(b.kind());
    if (dates || (a.kind() == Kind::time && b.kind() == Kind::time)) {
        const auto order = Temporal::compare(a.as_temporal(), b.as_temporal());
        if (!order) return std::nullopt;
        return *order == 0;
    }
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case Kind::boolean: return a.as_boolean() == b.as_boolean();
        case Kind::string: return a.as_string() == b.as_string();
        case Kind::type_info: return a.as_type_info().name == b.as_type_info().name && a.as_type_info().name_space == b.as_type_info().name_space;
        default: return false;
    }
}

bool equivalent_values(const Item& a, const Item& b) {
    if (is_number(a.kind()) && is_number(b.kind())) return equivalent(number(a), number(b));
    if (is_amount(a.kind()) && is_amount(b.kind())) return equivalent(quantity(a), quantity(b));
    const bool dates = is_date(a.kind()) && is_date(b.kind());
    if (dates || (a.kind() == Kind::time && b.kind() == Kind::time)) return Temporal::equivalent(a.as_temporal(), b.as_temporal());
    if (a.kind() == Kind::string && b.kind() == Kind::string) return normal(a.as_string()) == normal(b.as_string());
    return equal_values(a, b).value_or(false);
}

std::uint64_t cost(const Item& item) {
    if (item.kind() == Kind::string) return item.as_string().size() / kBytesAStep;
    return item.kind() == Kind::quantity ? kQuantitySteps : 0;
}

bool is_text(fhir::Primitive primitive) {
    using fhir::Primitive;
    switch (primitive) {
        case Primitive::none:
        case Primitive::boolean:
        case Primitive::integer:
        case Primitive::positive_int:
        case Primitive::unsigned_int:
        case Primitive::decimal:
        case Primitive::date:
        case Primitive::date_time:
        case Primitive::instant:
        case Primitive::time: return false;
        default: return true;
    }
}

}  // namespace

std::optional<bool> equal(const Item& a, const Item& b, Work& work) {
    if (a.is_element() && b.is_element() && a.value().same(b.value()) && a.sidecar().same(b.sidecar()) && (a.value() || a.sidecar())) return true;
    const std::string_view left = text_key(a);
    if (!left.empty()) {
        const std::string_view right = text_key(b);
        if (!right.empty()) return left.size() == right.size() && work.spend(left.size() / kBytesAStep + 1) && left == right;
    }
    const auto x = to_system(a, work.store);
    const auto y = to_system(b, work.store);
    if (x && y && !x->is_element() && !y->is_element()) {
        work.spend(cost(*x) + cost(*y));
        return equal_values(*x, *y);
    }
    if (!a.is_element() || !b.is_element()) return false;
    return same_tree(content(a.value()), content(b.value()), false, work) && same_tree(content(a.sidecar()), content(b.sidecar()), false, work);
}

bool equivalent(const Item& a, const Item& b, Work& work) {
    const auto x = to_system(a, work.store);
    const auto y = to_system(b, work.store);
    if (x && y && !x->is_element() && !y->is_element()) {
        work.spend(4 * (cost(*x) + cost(*y)));
        return equivalent_values(*x, *y);
    }
    if (!a.is_element() || !b.is_element()) return false;
    return same_tree(content(a.value()), content(b.value()), true, work) && same_tree(content(a.sidecar()), content(b.sidecar()), true, work);
}

std::string_view text_key(const Item& item) {
    if (item.kind() == Kind::string) return item.as_string();
    if (!item.is_primitive() || !is_text(item.type()->primitive) || !item.value().is_string()) return {};
    return item.value().text();
}

Order order(const Item& a, const Item& b, Work& work) {
    const auto x = to_system(a, work.store);
    const auto y = to_system(b, work.store);
    if (!x || !y) return {.comparable = false, .order = {}};
    work.spend(cost(*x) + cost(*y));
    if (is_number(x->kind()) && is_number(y->kind())) return {.order = sign(number(*x) <=> number(*y))};
    if (is_amount(x->kind()) && is_amount(y->kind())) return {.order = compare(quantity(*x), quantity(*y))};
    const bool dates = is_date(x->kind()) && is_date(y->kind());
    if (dates || (x->kind() == Kind::time && y->kind() == Kind::time)) return {.order = Temporal::compare(x->as_temporal(), y->as_temporal())};
    if (x->kind() == Kind::string && y->kind() == Kind::string) return {.order = sign(x->as_string() <=> y->as_string())};
    return {.comparable = false, .order = {}};
}

}  // namespace idun::fhirpath::internal
