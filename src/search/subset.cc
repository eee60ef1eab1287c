#include "search/subset.h"

#include <algorithm>

#include "json/writer.h"

namespace idun::search {
namespace {

using Summary = Query::Summary;

constexpr std::string_view kTagSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

void tag(json::Writer& w) { w.object().member("system", kTagSystem).member("code", "SUBSETTED").end(); }

void marked_meta(json::Writer& w, json::Value meta) {
    w.object();
    for (const json::Member& member : meta.members()) {
        if (member.name != "tag") w.name(member.name).value(member.value);
    }
    w.name("tag").array();
    for (const json::Value one : meta["tag"].elements()) w.value(one);
    tag(w);
    w.end().end();
}

// "_birthDate" belongs to birthDate.
std::string_view plain_name(std::string_view name) { return name.starts_with('_') ? name.substr(1) : name; }

// Elements inside complex types and backbones are cut too; a type without summary elements of its own is kept whole.
void cut(json::Writer& w, json::Value value, const fhir::Property* property) {
    if (value.is_array()) {
        w.array();
        for (const json::Value element : value.elements()) cut(w, element, property);
        w.end();
        return;
    }
    const fhir::Shape* shape = property == nullptr ? nullptr : property->shape;
    const bool parts = value.is_object() && shape != nullptr &&
                       std::ranges::any_of(shape->elements, [](const fhir::Element& e) { return e.summary; });
    if (!parts) {
        w.value(value);
        return;
    }
    w.object();
    for (const json::Member& member : value.members()) {
        const fhir::Property* inner = shape->find(plain_name(member.name));
        if (inner == nullptr || !(inner->element->summary || inner->element->min > 0)) continue;
        w.name(member.name);
        cut(w, member.value, member.name.starts_with('_') ? nullptr : inner);
    }
    w.end();
}

bool wanted(const fhir::Element& element, std::string_view name, Summary summary, const std::vector<std::string>& elements) {
    if (element.min > 0) return true;
    if (!elements.empty()) {
        return std::ranges::any_of(elements, [&](const std::string& one) { return one == name || one == element.name; });
    }
    switch (summary) {
        case Summary::yes: return element.summary;
        case Summary::text: return name == "text";
        case Summary::data: return name != "text";
        case Summary::none: return true;
    }
    return true;
}

}  // namespace

std::string subset(const fhir::Definitions& definitions, json::Value resource, Summary summary,
                   const std::vector<std::string>& elements) {
    const fhir::Type* type = definitions.type(resource["resourceType"].text());
    const fhir::Shape* shape = type == nullptr ? nullptr : type->shape;
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.members()) {
        const std::string_view name = plain_name(member.name);
        const fhir::Property* property = shape == nullptr ? nullptr : shape->find(name);
        if (name == "meta") {
            w.name("meta");
            marked_meta(w, member.value);
            continue;
        }
        const bool always = name == "resourceType" || name == "id";
        if (!always && (property == nullptr || !wanted(*property->element, name, summary, elements))) continue;
        w.name(member.name);
        const bool inner = elements.empty() && summary == Summary::yes && !member.name.starts_with('_');
        if (inner && !always) cut(w, member.value, property);
        else w.value(member.value);
    }
    w.end();
    return w.take();
}

}  // namespace idun::search
