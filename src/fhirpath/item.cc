#include "fhirpath/item.h"

#include <algorithm>
#include <utility>

namespace idun::fhirpath {
namespace {

using fhir::Primitive;

std::optional<Item> number(json::Value value, Store& store) {
    auto parsed = Decimal::parse(value.text());
    if (!parsed) return std::nullopt;
    return Item::decimal(store.keep(std::move(*parsed)));
}

std::optional<Item> integer(json::Value value, Store& store) {
    const auto parsed = Decimal::parse(value.text());
    if (!parsed) return std::nullopt;
    const auto whole = parsed->is_integer() ? parsed->to_int64() : std::nullopt;
    if (!whole) return number(value, store);
    return Item::integer(*whole);
}

// Texts that are no date stay strings: a judgement on them is for the structural check.
std::optional<Item> moment(Item::Kind kind, std::string_view text, std::optional<Temporal> parsed) {
    if (!parsed) return Item::string(text);
    return Item::temporal(kind, *parsed);
}

std::optional<Item> untyped(json::Value value, Store& store) {
    switch (value.kind()) {
        case json::Kind::boolean: return Item::boolean(value.boolean());
        case json::Kind::string: return Item::string(value.text());
        case json::Kind::number:
            return value.text().find_first_of(".eE") == std::string_view::npos ? integer(value, store) : number(value, store);
        default: return std::nullopt;
    }
}

std::optional<Item> primitive(json::Value value, Primitive kind, Store& store) {
    switch (kind) {
        case Primitive::boolean:
            if (value.kind() != json::Kind::boolean) return untyped(value, store);
            return Item::boolean(value.boolean());
        case Primitive::integer:
        case Primitive::positive_int:
        case Primitive::unsigned_int: return value.kind() == json::Kind::number ? integer(value, store) : untyped(value, store);
        case Primitive::decimal: return value.kind() == json::Kind::number ? number(value, store) : untyped(value, store);
        case Primitive::date: return moment(Item::Kind::date, value.text(), Temporal::parse_date(value.text()));
        case Primitive::date_time:
        case Primitive::instant: return moment(Item::Kind::date_time, value.text(), Temporal::parse_date_time(value.text()));
        case Primitive::time: return moment(Item::Kind::time, value.text(), Temporal::parse_time(value.text()));
        default: return untyped(value, store);
    }
}

// A FHIR Quantity without a comparator. A unit that is not of UCUM is a label: "|" stands before it, which no code of
// UCUM has, so that it compares with itself only.
std::optional<Item> quantity(json::Value value, Store& store) {
    auto amount = Decimal::parse(value["value"].text());
    if (!amount || value["comparator"]) return std::nullopt;
    const std::string_view system = value["system"].text();
    const std::string_view code = value["code"].text();
    const std::string_view unit = value["unit"].text();
    Quantity out{std::move(*amount)};
    if (system == "http://unitsofmeasure.org" && !code.empty()) {
        out.unit = code;
    } else if (!code.empty()) {
        out.unit = std::string(system) + "|" + std::string(code);
    } else if (!unit.empty()) {
        out.unit = "|" + std::string(unit);
    }
    return Item::quantity(store.keep(std::move(out)));
}

}  // namespace

void Items::grow(std::uint32_t capacity) {
    auto* bigger = static_cast<Item*>(::operator new(capacity * sizeof(Item)));
    if (size_ > 0) std::memcpy(static_cast<void*>(bigger), data_, size_ * sizeof(Item));
    if (data_ != in_place()) ::operator delete(data_);
    data_ = bigger;
    capacity_ = capacity;
}

Item Item::resource(json::Value value, const fhir::Definitions& definitions) {
    const fhir::Type* type = definitions.type(value["resourceType"].text());
    return raw_element(value, {}, type, type == nullptr ? nullptr : type->shape);
}

Item Item::element(json::Value value, json::Value sidecar, const fhir::Property& property, const fhir::Definitions& definitions) {
    const fhir::Type* type = property.type;
    if (type != nullptr && type->kind == fhir::TypeKind::resource) return resource(value, definitions);
    if (type == nullptr) type = definitions.type("BackboneElement");  // a content reference
    return raw_element(value, sidecar, type, property.shape != nullptr ? property.shape : type->shape);
}

std::optional<Item> to_system(const Item& item, Store& store) {
    if (!item.is_element()) return item;
    const json::Value value = item.value();
    if (!value) return std::nullopt;
    const fhir::Type* type = item.type();
    if (type == nullptr) return untyped(value, store);
    if (type->kind == fhir::TypeKind::primitive) return primitive(value, type->primitive, store);
    if (is_quantity(type)) return quantity(value, store);
    return std::nullopt;
}

std::optional<std::string> to_text(const Item& item) {
    switch (item.kind()) {
        case Item::Kind::boolean: return item.as_boolean() ? "true" : "false";
        case Item::Kind::integer: return std::to_string(item.as_integer());
        case Item::Kind::decimal: return item.as_decimal().text();
        case Item::Kind::string: return std::string(item.as_string());
        case Item::Kind::date: return item.as_temporal().date_text();
        case Item::Kind::date_time: return item.as_temporal().date_time_text();
        case Item::Kind::time: return item.as_temporal().time_text();
        case Item::Kind::type_info: return std::nullopt;
        case Item::Kind::quantity: {
            const Quantity& q = item.as_quantity();
            // Of a label that is no UCUM code, only the label.
            if (!q.calendar) return q.value.text() + " '" + q.unit.substr(q.unit.find('|') + 1) + "'";
            const bool one = q.value == Decimal::of(1);
            return q.value.text() + " " + q.unit + (one ? "" : "s");
        }
        case Item::Kind::element: break;
    }
    Store store;
    const auto system = to_system(item, store);
    if (!system || system->is_element()) return std::nullopt;
    if (item.value().kind() != json::Kind::object && item.value().kind() != json::Kind::boolean) return std::string(item.value().text());
    return to_text(*system);
}

std::string type_name(const Item& item) {
    switch (item.kind()) {
        case Item::Kind::boolean: return "System.Boolean";
        case Item::Kind::integer: return "System.Integer";
        case Item::Kind::decimal: return "System.Decimal";
        case Item::Kind::string: return "System.String";
        case Item::Kind::date: return "System.Date";
        case Item::Kind::date_time: return "System.DateTime";
        case Item::Kind::time: return "System.Time";
        case Item::Kind::quantity: return "System.Quantity";
        case Item::Kind::type_info: return "System.TypeInfo";
        case Item::Kind::element: break;
    }
    return item.type() == nullptr ? std::string() : "FHIR." + std::string(item.type()->name);
}

bool is_quantity(const fhir::Type* type) {
    for (; type != nullptr; type = type->base) {
        if (type->name == "Quantity") return true;
    }
    return false;
}

bool is_kind_of(const fhir::Type* type, const fhir::Type* ancestor) {
    for (; type != nullptr; type = type->base) {
        if (type == ancestor) return true;
    }
    return false;
}

}  // namespace idun::fhirpath
