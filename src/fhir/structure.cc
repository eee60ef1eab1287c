#include "fhir/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fhir/internal/nearest.h"
#include "fhir/internal/primitive_rule.h"
#include "fhir/internal/report.h"
#include "fhir/reference.h"

namespace idun::fhir {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t kListedMax = 40;       // names or codes that a message lists
constexpr std::size_t kNameBytesMax = 40;    // of an unknown property that a path repeats

template <typename Range, typename NameOf>
std::string listed(const Range& range, NameOf name_of) {
    std::string out;
    for (const auto& item : range) {
        if (!out.empty()) out += ", ";
        out += name_of(item);
    }
    return out;
}

bool plain_name(std::string_view name) {
    return name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
           });
}

// The resource that "#id" references are resolved in, while it is being checked.
struct Container {
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    explicit Container(Value array) : contained(array) {
        if (contained.size() == 0) return;
        used.resize(contained.size());
        std::size_t place = 0;
        for (const Value resource : contained.elements()) {
            const Value id = resource["id"];
            if (id.is_string()) by_id.emplace_back(id.text(), place);
            ++place;
        }
        std::sort(by_id.begin(), by_id.end());
    }

    // The first one with that id.
    std::size_t find(std::string_view id) const {
        const auto at = std::lower_bound(by_id.begin(), by_id.end(), std::pair(id, std::size_t{0}));
        return at != by_id.end() && at->first == id ? at->second : kNone;
    }

    // Does a narrative show it, as in <img src="#id"/>?
    bool in_narrative(std::string_view id) const {
        const std::string link = '#' + std::string(id) + '"';
        return std::any_of(narratives.begin(), narratives.end(), [&](std::string_view text) { return text.find(link) != std::string_view::npos; });
    }

    Value contained;             // its array
    std::vector<std::string_view> narratives;  // that link to something within the resource
    std::vector<bool> used;      // which of them something refers to
    std::size_t inside = kNone;  // which of them is being checked
    // Sorted: a hostile document may hold very many contained resources and references to them.
    std::vector<std::pair<std::string_view, std::size_t>> by_id;
};

class Checker {
public:
    Checker(const Definitions& definitions, const StructureOptions& options)
        : definitions_(definitions),
          depth_max_(std::min(options.depth_max, Report::kStepsMax - 2)),
          strict_references_(options.strict_references),
          report_(options.text, options.issues_max) {}

    Issues run(Value resource) {
        report_.push(root_name(resource));
        check_resource(resource);
        return report_.take();
    }

private:
    std::string_view root_name(Value resource) const {
        const Type* type = definitions_.type(resource["resourceType"].text());
        return type == nullptr ? "Resource" : type->name;
    }

    // A resource that is not contained: the root, an entry of a Bundle, a part of Parameters.
    void check_resource(Value resource) {
        const Type* type = resource_type(resource);
        if (type == nullptr) return;
        Container own(resource["contained"]);
        Container* outer = std::exchange(container_, &own);
        const bool outer_bundle = in_bundle_;
        in_bundle_ = in_bundle_ || type->name == "Bundle";
        check_object(*type->shape, resource, type);
        check_all_used(own);
        in_bundle_ = outer_bundle;
        container_ = outer;
    }

    const Type* resource_type(Value resource) {
        if (!resource.is_object()) {
            report_.add(IssueCode::structure, "a resource must be a JSON object", resource);
            return nullptr;
        }
        const std::string_view name = resource["resourceType"].text();
        if (definitions_.is_resource(name)) return definitions_.type(name);
        std::vector<std::string_view> names;
        for (const Type* type : definitions_.resources()) names.push_back(type->name);
        const std::string_view near = nearest(name, names);
        report_.add(IssueCode::structure,
                    near.empty() ? "resourceType must name an R4 resource type" : fmt::format("resourceType must name an R4 resource type; did you mean {}?", near),
                    resource);
        return nullptr;
    }

    // `resource` is the type when this is a resource, else null.
    void check_object(const Shape& shape, Value object, const Type* resource) {
        if (!object.is_object()) return report_.add(IssueCode::structure, "must be a JSON object", object);
        if (object.size() == 0) return report_.add(IssueCode::structure, "must not be empty; leave it out instead", object);
        std::uint64_t seen = 0;
        for (const json::Member& member : object.members()) {
            if (report_.full()) return;
            if (resource != nullptr && member.name == "resourceType") continue;
            const bool companion = member.name.starts_with('_');
            const Property* property = shape.find(companion ? member.name.substr(1) : member.name);
            if (property == nullptr || (companion && !is_primitive(*property))) {
                refuse_unknown(shape, member);
                continue;
            }
            const std::uint64_t bit = std::uint64_t{1} << property->element->place;
            if ((seen & bit) != 0 && property->element->choice) check_choice(object, *property);
            seen |= bit;
            check_property(*property, member.value, object, companion);
        }
        if ((shape.required & ~seen) != 0) refuse_missing(shape, seen, object);
    }

    void check_not_only_id(Value element) {
        if (element.is_object() && element.size() == 1 && element.members().begin()->name == "id") {
            report_.add(IssueCode::invariant, "must have a value or children, not only an id (ele-1)", element);
        }
    }

    static bool is_primitive(const Property& property) {
        return property.type != nullptr && property.type->primitive != Primitive::none && property.type->primitive != Primitive::xhtml;
    }

    void refuse_unknown(const Shape& shape, const json::Member& member) {
        std::vector<std::string_view> names;
        std::string_view typed;
        for (const Property& property : shape.properties) {
            names.push_back(property.name);
            if (typed.empty() && property.element->choice && property.element->name == member.name) typed = property.name;
        }
        const std::string_view near = nearest(member.name, names);
        std::string text;
        if (!typed.empty()) {
            text = fmt::format("{} must be followed by its type, such as {}", member.name, typed);
        } else if (!near.empty()) {
            text = fmt::format("unknown property of {}; did you mean {}?", shape.path, near);
        } else if (names.size() <= kListedMax) {
            text = fmt::format("unknown property of {}; allowed are {}", shape.path, listed(names, [](auto n) { return n; }));
        } else {
            // Choices make long lists: name their elements once.
            text = fmt::format("unknown property of {}; allowed are {}", shape.path, listed(shape.elements, [](const Element& e) {
                return std::string(e.name) + (e.choice ? "[x]" : "");
            }));
        }
        report_.add(IssueCode::structure, std::move(text), member.value, plain_name(member.name) ? member.name : std::string_view());
    }

    void refuse_missing(const Shape& shape, std::uint64_t seen, Value object) {
        for (const Element& element : shape.elements) {
            if (element.min > 0 && (seen >> element.place & 1) == 0) {
                report_.add(IssueCode::required, fmt::format("{}{} is required", element.name, element.choice ? "[x]" : ""), object, element.name);
            }
        }
    }

    // Something of the same choice came before: only the same type's companion may.
    void check_choice(Value object, const Property& property) {
        for (const json::Member& member : object.members()) {
            std::string_view name = member.name;
            if (name.starts_with('_')) name.remove_prefix(1);
            if (name == property.name || !name.starts_with(property.element->name)) continue;
            const std::size_t rest = property.element->name.size();
            const bool same = name.size() > rest && name[rest] >= 'A' && name[rest] <= 'Z' && is_choice_of(*property.element, name.substr(rest));
            if (!same) continue;
            report_.add(IssueCode::structure, fmt::format("only one of {}[x] may be given", property.element->name), object[name] ? object[name] : member.value,
                        property.element->name);
            return;
        }
    }

    // `suffix` is a type with a capital first letter.
    static bool is_choice_of(const Element& element, std::string_view suffix) {
        return std::any_of(element.types.begin(), element.types.end(), [&](const ElementType& t) {
            return t.type->name.substr(1) == suffix.substr(1) && (t.type->name[0] & ~0x20) == suffix[0];
        });
    }

    void check_property(const Property& property, Value value, Value object, bool companion) {
        if (!report_.push(property.element->name)) return;
        if (property.element->max == 1) {
            if (value.is_array()) {
                report_.add(IssueCode::structure, fmt::format("{} must not be an array", property.name), value);
            } else {
                check_one(property, value, companion ? object[property.name] : Value(), companion);
            }
        } else if (!value.is_array()) {
            report_.add(IssueCode::structure, fmt::format("{} must be an array", property.name), value);
        } else {
            check_array(property, value, object, companion);
        }
        report_.pop();
    }

    void check_array(const Property& property, Value array, Value object, bool companion) {
        if (array.size() == 0) return report_.add(IssueCode::structure, fmt::format("{} must not be an empty array; leave it out instead", property.name), array);
        const bool primitive = is_primitive(property);
        const Value other = primitive ? other_half(property, object, companion) : Value();
        std::size_t index = 0;
        for (const Value element : array.elements()) {
            if (report_.full()) return;
            report_.set_index(index);
            if (primitive && element.kind() == Kind::null) {
                check_null(property, element, other[index]);
            } else if (property.type != nullptr && property.type->kind == TypeKind::resource && property.element->name == "contained") {
                check_contained(element, index);
            } else {
                check_one(property, element, other[index], companion);
            }
            ++index;
        }
        report_.clear_index();
        if (!companion && other.is_array() && other.size() != array.size()) {
            report_.add(IssueCode::structure, fmt::format("{0} and _{0} must be of the same length; fill with null", property.name), other);
        }
    }

    // null says "no value here, but see the other array" (R4 §2.6.2.3): one of the two must have something.
    void check_null(const Property& property, Value null, Value other) {
        if (is_something(other)) return;
        report_.add(IssueCode::structure, fmt::format("null in {0} needs an extension at the same place of _{0}, or the other way round", property.name), null);
    }

    static bool is_something(Value value) { return value.kind() != Kind::absent && value.kind() != Kind::null; }

    // birthDate of _birthDate, and the other way round.
    static Value other_half(const Property& property, Value object, bool companion) {
        return companion ? object[property.name] : companion_of(object, property.name);
    }

    static Value companion_of(Value object, std::string_view name) {
        for (const json::Member& member : object.members()) {
            if (member.name.size() == name.size() + 1 && member.name[0] == '_' && member.name.substr(1) == name) return member.value;
        }
        return {};
    }

    // `other` is needed for companions only: the value at the same place.
    void check_one(const Property& property, Value value, Value other, bool companion) {
        if (companion) {
            check_deeper(*property.shape, value);
            if (!is_something(other)) check_not_only_id(value);
            return;
        }
        if (property.type == nullptr) {
            check_deeper(*property.shape, value);
            return check_not_only_id(value);
        }
        if (property.type->primitive != Primitive::none) return check_primitive(property, value);
        if (property.type->kind == TypeKind::resource) return check_nested_resource(value);
        check_deeper(*property.shape, value);
        check_not_only_id(value);
        if (property.type->special != Special::none && value.is_object()) check_special(property, value);
    }

    void check_deeper(const Shape& shape, Value value) {
        if (++depth_ <= depth_max_) {
            check_object(shape, value, nullptr);
        } else {
            refuse_depth(value);
        }
        --depth_;
    }

    void check_nested_resource(Value value) {
        if (++depth_ <= depth_max_) {
            check_resource(value);
        } else {
            refuse_depth(value);
        }
        --depth_;
    }

    void refuse_depth(Value value) { report_.add(IssueCode::too_costly, fmt::format("nested deeper than {}", depth_max_), value); }

    void check_primitive(const Property& property, Value value) {
        if (const char* flaw = primitive_flaw(property.type->primitive, value)) {
            if (property.type->primitive == Primitive::xhtml && value.is_string()) return report_.add(IssueCode::invalid, flaw, value);
            return report_.add(IssueCode::value, fmt::format("{} {}", property.name, flaw), value);
        }
        const ValueSet* set = property.element->required;
        if (set != nullptr && !set->contains(value.text())) refuse_code(property, *set, value);
        if (property.type->primitive == Primitive::xhtml && value.text().find("\"#") != std::string_view::npos) container_->narratives.push_back(value.text());
        if (value.text().starts_with('#')) mark_used(value.text().substr(1));  // a uri or canonical may point into contained
    }

    void refuse_code(const Property& property, const ValueSet& set, Value value) {
        if (set.codes.size() > kListedMax) {
            return report_.add(IssueCode::code_invalid, fmt::format("{} must be a code of {}", property.name, set.url), value);
        }
        const std::string codes = listed(set.codes, [](const ValueSet::Code& c) { return c.code; });
        report_.add(IssueCode::code_invalid, fmt::format("{} must be one of {}", property.name, codes), value);
    }

    void check_special(const Property& property, Value value) {
        switch (property.type->special) {
            case Special::extension: return check_extension(value);
            case Special::reference: return check_reference(property, value);
            case Special::coding:
                if (property.element->required != nullptr) check_coding(property, *property.element->required, value);
                return;
            case Special::codeable_concept:
                if (property.element->required != nullptr) check_concept(property, *property.element->required, value);
                return;
            case Special::none: return;
        }
    }

    // ext-1: either a value or extensions.
    void check_extension(Value extension) {
        bool has_value = false;
        bool has_extensions = false;
        for (const json::Member& member : extension.members()) {
            has_value = has_value || member.name.starts_with("value") || member.name.starts_with("_value");
            has_extensions = has_extensions || member.name == "extension";
        }
        if (has_value == has_extensions) {
            report_.add(IssueCode::invariant, "an extension must have either value[x] or extension (ext-1)", extension);
        }
    }

    void check_coding(const Property& property, const ValueSet& set, Value coding) {
        const Value code = coding["code"];
        if (code.is_string() && !set.contains(coding["system"].text(), code.text())) refuse_code(property, set, code);
    }

    void check_concept(const Property& property, const ValueSet& set, Value concept_value) {
        const Value codings = concept_value["coding"];
        for (const Value coding : codings.elements()) {
            if (set.contains(coding["system"].text(), coding["code"].text())) return;
        }
        if (codings.size() == 0 && concept_value["extension"]) return;
        refuse_code(property, set, concept_value);
    }

    void check_reference(const Property& property, Value value) {
        const Value text = value["reference"];
        if (!text.is_string() || text.text().empty()) return;
        const auto reference = parse_reference(text.text());
        if (!reference && !strict_references_) return report_.warn(IssueCode::value, "reference is none of Type/id, an absolute URL, urn:uuid:, urn:oid: and #id", text);
        if (!reference) {
            return report_.add(IssueCode::value, "reference must be Type/id, an absolute URL, urn:uuid:, urn:oid: or #id", text, "reference");
        }
        switch (reference->kind) {
            case ReferenceKind::relative: return check_target(property, *reference, value);
            case ReferenceKind::fragment: return check_fragment(property, *reference, text);
            case ReferenceKind::conditional:
                if (!in_bundle_) report_.add(IssueCode::value, "a conditional reference is allowed in a transaction only", text, "reference");
                return;
            case ReferenceKind::absolute:
            case ReferenceKind::urn: return;
        }
    }

    void check_target(const Property& property, const Reference& reference, Value value) {
        const Value text = value["reference"];
        if (!definitions_.is_resource(reference.type)) {
            return report_.add(IssueCode::value, "reference must start with the name of an R4 resource type", text, "reference");
        }
        const Value type = value["type"];
        if (type.is_string() && type.text() != reference.type) {
            return report_.add(IssueCode::value, "type and the type in reference differ", type, "type");
        }
        check_allowed(property, reference.type, text);
    }

    void check_allowed(const Property& property, std::string_view type, Value text) {
        const auto targets = property.typed->targets;
        if (targets.empty()) return;
        for (const Type* target : targets) {
            if (target->name == type) return;
        }
        report_.add(IssueCode::value, fmt::format("{} may refer to {} only", property.name, listed(targets, [](const Type* t) { return t->name; })), text, "reference");
    }

    void check_fragment(const Property& property, const Reference& reference, Value text) {
        if (reference.id.empty()) {  // "#" alone: from a contained resource to its container
            if (container_->inside != Container::kNone) container_->used[container_->inside] = true;
            return;
        }
        const Value target = mark_used(reference.id);
        if (!target) return report_.add(IssueCode::not_found, "reference must name the id of a contained resource", text, "reference");
        check_allowed(property, target["resourceType"].text(), text);
    }

    Value mark_used(std::string_view id) {
        const std::size_t place = container_->find(id);
        if (place == Container::kNone) return {};
        container_->used[place] = true;
        return container_->contained[place];
    }

    // The rules dom-2, dom-4 and dom-5.
    void check_contained(Value resource, std::size_t index) {
        const Type* type = resource_type(resource);
        if (type == nullptr) return;
        if (container_->inside != Container::kNone) {
            return report_.add(IssueCode::invariant, "a contained resource must not contain others (dom-2)", resource);
        }
        container_->inside = index;
        if (++depth_ <= depth_max_) {
            check_object(*type->shape, resource, type);
        } else {
            refuse_depth(resource);
        }
        --depth_;
        container_->inside = Container::kNone;
        const Value meta = resource["meta"];
        for (const char* name : {"versionId", "lastUpdated"}) {
            if (meta[name]) report_.add(IssueCode::invariant, fmt::format("a contained resource must not have meta.{} (dom-4)", name), meta[name]);
        }
        if (meta["security"]) report_.add(IssueCode::invariant, "a contained resource must not have meta.security (dom-5)", meta["security"]);
        check_contained_id(resource, index);
    }

    void check_contained_id(Value resource, std::size_t index) {
        const Value id = resource["id"];
        if (!id) return report_.add(IssueCode::required, "a contained resource must have an id", resource, "id");
        if (id.is_string() && container_->find(id.text()) != index) {
            report_.add(IssueCode::duplicate, "another contained resource has the same id", id, "id");
        }
    }

    // dom-3: what nobody refers to is lost.
    void check_all_used(const Container& container) {
        for (std::size_t i = 0; i < container.used.size(); ++i) {
            if (container.used[i] || !container.contained[i].is_object()) continue;
            if (container.in_narrative(container.contained[i]["id"].text())) continue;
            if (!report_.push("contained")) return;
            report_.set_index(i);
            report_.add(IssueCode::invariant, "a contained resource must be referred to, or refer to its container (dom-3)", container.contained[i]);
            report_.pop();
        }
    }

    const Definitions& definitions_;
    std::size_t depth_max_;
    bool strict_references_;
    std::size_t depth_ = 0;
    Container* container_ = nullptr;
    bool in_bundle_ = false;
    Report report_;
};

}  // namespace

Issues check_structure(const Definitions& definitions, json::Value resource, const StructureOptions& options) {
    return Checker(definitions, options).run(resource);
}

}  // namespace idun::fhir
