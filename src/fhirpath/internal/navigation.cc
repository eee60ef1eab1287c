#include "fhirpath/internal/navigation.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

namespace idun::fhirpath::internal {
namespace {

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_null(json::Value value) { return !value || value.kind() == json::Kind::null; }

void append_one(json::Value value, json::Value sidecar, const fhir::Property* property, const fhir::Definitions& definitions, Items& out) {
    if (is_null(value)) value = {};
    if (is_null(sidecar)) sidecar = {};
    if (!value && !sidecar) return;
    if (property == nullptr) return out.push(Item::raw_element(value, sidecar, nullptr, nullptr));
    const fhir::Type* type = property->type;
    if (type != nullptr && type->kind == fhir::TypeKind::resource) return out.push(Item::resource(value, definitions));
    if (type == nullptr) type = definitions.type("BackboneElement");  // a content reference
    const fhir::Shape* shape = property->shape != nullptr ? property->shape : type->shape;
    out.push(Item::raw_element(value, sidecar, type, shape));
}

// A member and the one with its underscore, taken apart when they are arrays.
void append_values(json::Value value, json::Value sidecar, const fhir::Property* property, const fhir::Definitions& definitions, Items& out) {
    if (!value.is_array() && !sidecar.is_array()) return append_one(value, sidecar, property, definitions, out);
    const std::size_t count = std::max(value.size(), sidecar.is_array() ? sidecar.size() : 0);
    for (std::size_t i = 0; i < count; ++i) append_one(value[i], sidecar[i], property, definitions, out);
}

// The property that JSON calls `member`, when it is a choice named `name`: valueQuantity for value.
const fhir::Property* choice(const fhir::Shape& shape, std::string_view member, std::string_view name) {
    if (member.size() <= name.size() || std::memcmp(member.data(), name.data(), name.size()) != 0) return nullptr;
    const fhir::Property* found = shape.find(member);
    return found != nullptr && found->element->choice && found->element->name == name ? found : nullptr;
}

// Children of an element whose type is not known: the members as they are.
void append_untyped(json::Value object, const Name& name, const fhir::Definitions& definitions, Items& out) {
    append_values(object[name.plain], object[name.underscored], nullptr, definitions, out);
}

void append_type_info(const TypeInfo& info, std::string_view name, Items& out) {
    if (name == "name") out.push(Item::string(info.name));
    if (name == "namespace") out.push(Item::string(info.name_space));
}

// Where the children of an element are: a primitive keeps its own in the sidecar.
json::Value object_of(const Item& item) { return item.value().is_object() ? item.value() : item.sidecar(); }

}  // namespace

void append_children(const Item& item, const Name& name, const fhir::Definitions& definitions, Items& out) {
    if (item.kind() == Item::Kind::type_info) return append_type_info(item.as_type_info(), name.plain, out);
    const json::Value object = object_of(item);
    if (!object.is_object()) return;
    const fhir::Shape* shape = item.shape();
    if (shape == nullptr) return append_untyped(object, name, definitions, out);

    const fhir::Property* property = name.shape == shape ? name.property : shape->find(name.plain);
    if (property != nullptr && property->element->choice) return;
    json::Value value;
    json::Value sidecar;
    if (property != nullptr) {
        const bool primitive = property->type != nullptr && property->type->kind == fhir::TypeKind::primitive;
        for (const json::Member& member : object.members()) {
            if (same(member.name, name.plain)) {
                value = member.value;
                if (!primitive) break;
            } else if (primitive && same(member.name, name.underscored)) {
                sidecar = member.value;
            }
        }
        return append_values(value, sidecar, property, definitions, out);
    }
    for (const json::Member& member : object.members()) {
        const bool under = member.name.starts_with('_');
        const fhir::Property* found = choice(*shape, under ? member.name.substr(1) : member.name, name.plain);
        if (found == nullptr) continue;
        property = found;
        (under ? sidecar : value) = member.value;
    }
    if (property != nullptr) append_values(value, sidecar, property, definitions, out);
}

namespace {

// The members of an object by name: of a large one in a table, so that all children take linear time.
class MembersByName {
public:
    explicit MembersByName(json::Value object) : object_(object) {
        constexpr std::size_t kScanMax = 32;
        if (object.size() <= kScanMax) return;
        for (const json::Member& member : object.members()) table_.emplace(member.name, member.value);
    }
    json::Value find(std::string_view name) const {
        if (table_.empty()) return object_[name];
        const auto found = table_.find(name);
        return found == table_.end() ? json::Value() : found->second;
    }

private:
    json::Value object_;
    std::unordered_map<std::string_view, json::Value> table_;
};

void append_all_with_sidecars(json::Value object, const fhir::Shape* shape, const fhir::Definitions& definitions, Items& out) {
    const MembersByName members(object);
    for (const json::Member& member : object.members()) {
        if (member.name == "resourceType") continue;
        const bool under = member.name.starts_with('_');
        const std::string_view name = under ? member.name.substr(1) : member.name;
        if (under && members.find(name)) continue;  // comes with the member itself
        const fhir::Property* property = shape == nullptr ? nullptr : shape->find(name);
        if (under) append_values({}, member.value, property, definitions, out);
        else append_values(member.value, members.find("_" + std::string(name)), property, definitions, out);
    }
}

}  // namespace

void append_all_children(const Item& item, const fhir::Definitions& definitions, Items& out) {
    const json::Value object = object_of(item);
    if (!object.is_object()) return;
    const fhir::Shape* shape = item.shape();
    for (const json::Member& member : object.members()) {
        if (member.name.starts_with('_')) return append_all_with_sidecars(object, shape, definitions, out);
    }
    for (const json::Member& member : object.members()) {
        if (member.name == "resourceType") continue;
        append_values(member.value, {}, shape == nullptr ? nullptr : shape->find(member.name), definitions, out);
    }
}

}  // namespace idun::fhirpath::internal
