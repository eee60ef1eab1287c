// A value as rules see it: JSON keeps a primitive's extensions beside it, under "_name".
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"

namespace idun::validation {

struct Item {
    static constexpr std::uint32_t kSingle = 0xFFFFFFFF;

    json::Value value;      // absent when there is only a companion
    json::Value companion;  // of a primitive: an object with id and extension
    const fhir::Type* type = nullptr;    // null for backbone elements, and when not known
    const fhir::Shape* shape = nullptr;  // what children it may have; null: not known
    std::string_view json_name;
    std::uint32_t index = kSingle;       // in its array

    // Where the children are.
    json::Value object() const { return value.is_object() ? value : companion; }
    // What an issue points at.
    json::Value place() const { return value && value.kind() != json::Kind::null ? value : companion; }
    std::string_view text() const { return value.text(); }
};

inline Item resource_item(json::Value value) {
    const fhir::Type* type = fhir::Definitions::r4().type(value["resourceType"].text());
    return {.value = value, .companion = {}, .type = type, .shape = type == nullptr ? nullptr : type->shape, .json_name = {}};
}

// Calls visit(Item) for every value of one JSON name. `property` says what they are; may be null.
template <typename Visit>
void each_named(json::Value object, std::string_view name, const fhir::Property* property, Visit visit) {
    json::Value value;
    json::Value companion;
    for (const json::Member& member : object.members()) {
        if (member.name == name) value = member.value;
        else if (member.name.size() == name.size() + 1 && member.name[0] == '_' && member.name.substr(1) == name) companion = member.value;
    }
    if (!value && !companion) return;
    const auto give = [&](json::Value v, json::Value c, std::uint32_t index) {
        Item item{.value = v, .companion = c, .type = nullptr, .shape = nullptr, .json_name = name, .index = index};
        if (property != nullptr) {
            item.type = property->type;
            item.shape = property->shape;
            if (item.type != nullptr && item.type->kind == fhir::TypeKind::resource) {
                const Item resource = resource_item(v);
                item.type = resource.type;
                item.shape = resource.shape;
            }
        }
        visit(item);
    };
    if (!value.is_array() && !companion.is_array()) return give(value, companion, Item::kSingle);
    const std::size_t count = std::max(value.size(), companion.is_array() ? companion.size() : 0);
    for (std::size_t i = 0; i < count; ++i) give(value[i], companion[i], static_cast<std::uint32_t>(i));
}

// Calls visit(Item) for every value of an element: for a choice under each of its names.
template <typename Visit>
void each_child(const Item& holder, std::string_view name, bool choice, Visit visit) {
    const json::Value object = holder.object();
    if (!choice) return each_named(object, name, holder.shape == nullptr ? nullptr : holder.shape->find(name), visit);
    if (holder.shape == nullptr) return;
    const fhir::Property* done = nullptr;
    for (const json::Member& member : object.members()) {
        std::string_view json_name = member.name;
        if (json_name.starts_with('_')) json_name.remove_prefix(1);
        if (json_name.size() <= name.size() || !json_name.starts_with(name)) continue;
        const fhir::Property* property = holder.shape->find(json_name);
        if (property == nullptr || property == done || !property->element->choice || property->element->name != name) continue;
        done = property;
        each_named(object, property->name, property, visit);
    }
}

}  // namespace idun::validation
