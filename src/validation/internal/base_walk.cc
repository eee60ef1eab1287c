// One walk over the document beside R4's definitions: invariants, bindings, extensions, references, texts.
#include <algorithm>
#include <array>

#include "validation/internal/outline.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Kind;
using json::Value;

namespace {

using Special = void (*)(Run&, const Item&);
constexpr std::pair<std::string_view, Special> kSpecial[] = {
    {"Bundle", judge_bundle},
    {"CapabilityStatement", judge_capability_statement},
    {"CodeSystem", judge_code_system},
    {"Measure", judge_measure},
    {"MeasureReport", judge_measure_report},
    {"Observation", judge_observation},
    {"Questionnaire", judge_questionnaire},
    {"QuestionnaireResponse", judge_questionnaire_response},
    {"SearchParameter", judge_search_parameter},
    {"StructureDefinition", judge_structure_definition},
    {"ValueSet", judge_value_set},
};

class Walk {
public:
    explicit Walk(Run& run) : run_(run) {}

    void resource(const Item& item) {
        if (item.type == nullptr || item.shape == nullptr || !item.value.is_object()) return;
        const Run::At at(run_, run_.holder_of(item.value));
        judge_declared(run_, item);
        judge_narrative(run_, item);
        judge_canonical(run_, item);
        const auto special = std::lower_bound(std::begin(kSpecial), std::end(kSpecial), item.type->name, [](const auto& s, std::string_view name) { return s.first < name; });
        if (special != std::end(kSpecial) && special->first == item.type->name) special->second(run_, item);
        const Frame frame{.above = nullptr, .item = &item, .property = nullptr};
        object(item, run_.library().base(*item.type)->root, frame);
    }

private:
    void object(const Item& holder, const ShapeRules* rules, const Frame& frame) {
        if (!run_.spend()) return;
        if (rules != nullptr && rules->shape != holder.shape) rules = nullptr;
        if (rules != nullptr && !rules->invariants.empty()) run_.check(rules->invariants, holder, {});
        if (holder.shape == nullptr) return;
        const Value object = holder.object();
        for (const json::Member& member : object.members()) {
            if (run_.stopped()) return;
            const bool companion = member.name.starts_with('_');
            const std::string_view name = companion ? member.name.substr(1) : member.name;
            if (companion && object[name]) continue;  // taken with its value
            const fhir::Property* property = holder.shape->find(name);
            if (property == nullptr) continue;
            const bool primitive = property->type != nullptr && property->type->kind == fhir::TypeKind::primitive;
            const PropertyRules* own = rules == nullptr ? nullptr : &rules->properties[static_cast<std::size_t>(property - holder.shape->properties.data())];
            const Value value = companion ? Value() : member.value;
            const Value beside = companion ? member.value : primitive ? companion_of(object, name) : Value();
            values(*property, value, beside, own, frame);
        }
    }

    static Value companion_of(Value object, std::string_view name) {
        for (const json::Member& member : object.members()) {
            if (member.name.size() == name.size() + 1 && member.name.front() == '_' && member.name.substr(1) == name) return member.value;
        }
        return {};
    }

    void values(const fhir::Property& property, Value value, Value companion, const PropertyRules* own, const Frame& frame) {
        if (!value.is_array() && !companion.is_array()) return one(property, value, companion, Item::kSingle, own, frame);
        const std::size_t count = std::max(value.is_array() ? value.size() : 0, companion.is_array() ? companion.size() : 0);
        for (std::size_t i = 0; i < count && !run_.stopped(); ++i) one(property, value[i], companion[i], static_cast<std::uint32_t>(i), own, frame);
    }

    void one(const fhir::Property& property, Value value, Value companion, std::uint32_t index, const PropertyRules* own, const Frame& above) {
        const Run::Inside inside(run_, property.element->name, index);
        if (!inside) return;
        Item item{.value = value, .companion = companion, .type = property.type, .shape = property.shape, .json_name = property.name, .index = index};
        if (item.type != nullptr && item.type->kind == fhir::TypeKind::resource) {
            const Item inner = resource_item(value);
            if (inner.type != nullptr) resource(inner);
            return;
        }
        if (own != nullptr) {
            if (!own->invariants.empty()) run_.check(own->invariants, item, {});
            if (own->binding != nullptr) judge_binding(run_, *own->binding, item, {});
        }
        if (property.element->required != nullptr && !item.value && property.type != nullptr && property.type->primitive == fhir::Primitive::code) {
            run_.error(IssueCode::code_invalid, companion, "a code is required here, and none is given");
        }
        const Frame frame{.above = &above, .item = &item, .property = &property};
        if (property.element->children != nullptr) return object(item, own == nullptr ? nullptr : own->shape, frame);
        if (item.type == nullptr) return;
        if (item.type->kind == fhir::TypeKind::primitive) return primitive(item, frame);
        complex(item, property, above);
        object(item, run_.library().base(*item.type)->root, frame);
    }

    void primitive(const Item& item, const Frame& frame) {
        const auto kind = item.type->primitive;
        if (kind == fhir::Primitive::string || kind == fhir::Primitive::markdown) judge_text(run_, item);
        if (item.companion.is_object() && item.shape != nullptr) object(Item{.value = item.companion, .companion = {}, .type = item.type, .shape = item.shape, .json_name = item.json_name}, nullptr, frame);
    }

    void complex(const Item& item, const fhir::Property& property, const Frame& above) {
        switch (item.type->special) {
            case fhir::Special::extension: return judge_extension(run_, item, property.element->name == "modifierExtension", above);
            case fhir::Special::reference: return judge_reference(run_, item);
            case fhir::Special::coding: return judge_coding(run_, item.value);
            default: break;
        }
        if (item.type->name == "Attachment") judge_attachment(run_, item);
        if (item.value["system"].text() == "http://unitsofmeasure.org") judge_unit(run_, item.value);
    }

    Run& run_;
};

}  // namespace

void judge_base(Run& run, const Item& resource) { Walk(run).resource(resource); }

void judge_declared(Run& run, const Item& resource) {
    if (!run.options().declared) return;
    // Those that a guide at hand asks of every resource of the type.
    for (ProfileSlot* slot : run.library().global_profiles(resource.type->name)) {
        if (const Program* program = run.library().program(*slot)) judge_profile(run, *program, resource);
    }
    const Value profiles = resource.value["meta"]["profile"];
    std::uint32_t place = 0;
    for (const Value profile : profiles.elements()) {
        const std::uint32_t index = place++;
        if (!profile.is_string()) continue;
        if (core_name(profile.text()) == resource.type->name) continue;
        const Program* program = run.library().program(profile.text());
        if (program == nullptr) {
            const Run::Inside meta(run, "meta");
            const Run::Inside inside(run, "profile", index);
            run.at_level(run.options().unknown_profile, IssueCode::not_found, profile, "the profile is not known here, so the resource was not judged by it; add its package");
            continue;
        }
        judge_profile(run, *program, resource);
    }
}

}  // namespace idun::validation
