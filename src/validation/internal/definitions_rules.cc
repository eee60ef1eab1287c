// Conformance resources: rules that R4 states in words, and that what they name exists and fits.
#include <algorithm>
#include <map>
#include <set>

#include "validation/internal/outline.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Value;

namespace {

std::string_view url_of(std::string_view canonical) { return canonical.substr(0, canonical.find('|')); }

// --- StructureDefinition ---

bool bindable(std::string_view type) {
    for (const char* t : {"code", "Coding", "CodeableConcept", "Quantity", "string", "uri", "Extension", "canonical", "url", "CodeableReference", "Age", "Count", "Distance", "Duration", "Money", "SimpleQuantity", "MoneyQuantity", "id", "markdown"}) {
        if (type == t) return true;
    }
    return false;
}

class Structure {
public:
    Structure(Run& run, Value definition) : run_(run), definition_(definition) {}

    void judge() {
        type_ = definition_["type"].text();
        const std::string_view kind = definition_["kind"].text();
        paths();
        base(kind);
        if (definition_["derivation"].text() == "constraint" && definition_["differential"]) differential();
        obligations();
    }

private:
    // Obligations are inherited only from profiles that are marked for that and have the same base.
    void obligations() {
        std::uint32_t place = 0;
        for (const Value extension : definition_["extension"].elements()) {
            const Run::Inside inside(run_, "extension", place++);
            if (extension["url"].text() != "http://hl7.org/fhir/StructureDefinition/inherit-obligations") continue;
            const Value other = run_.library().source().find("StructureDefinition", extension["valueCanonical"].text());
            if (!other) continue;
            bool marked = false;
            for (const Value e : other["extension"].elements()) marked = marked || (e["url"].text().starts_with("http://hl7.org/fhir/StructureDefinition/obligation-profile") && e["valueBoolean"].boolean());
            if (!marked) run_.error(IssueCode::invalid, extension, "the profile that obligations are inherited from is not marked as an obligation profile");
            if (other["baseDefinition"].text() != definition_["baseDefinition"].text()) run_.error(IssueCode::invalid, extension, "the profile that obligations are inherited from has another base");
        }
    }

    void paths() {
        const std::string_view name = type_.find('/') == std::string_view::npos ? type_ : type_.substr(type_.rfind('/') + 1);
        for (const char* part : {"snapshot", "differential"}) {
            const Run::Inside in(run_, part);
            std::uint32_t place = 0;
            for (const Value element : definition_[part]["element"].elements()) {
                const Run::Inside inside(run_, "element", place++);
                if (!run_.spend()) return;
                const Value path = element["path"];
                if (!path.is_string() || name.empty()) continue;
                const std::string_view first = path.text().substr(0, path.text().find('.'));
                if (first != name) run_.error(IssueCode::not_found, path, "the path must start with the type of the structure");
                const bool root = path.text().find('.') == std::string_view::npos;
                if (root && element["slicing"]) run_.error(IssueCode::invalid, element["slicing"], "the root of a profile cannot be sliced");
                if (!root) this->element(element);
            }
        }
    }

    void element(Value element) {
        std::vector<std::string_view> types;
        for (const Value t : element["type"].elements()) types.push_back(t["code"].text());
        if (types.empty() || !element["binding"]) return;
        const bool any = std::any_of(types.begin(), types.end(), bindable);
        if (!any) run_.error(IssueCode::business_rule, element["binding"], "an element of these types cannot be bound to a value set");
    }

    void base(std::string_view kind) {
        const std::string_view url = definition_["baseDefinition"].text();
        if (url.empty()) return;
        const Value found = run_.library().source().find("StructureDefinition", url);
        if (!found) {
            const Run::Inside inside(run_, "baseDefinition");
            run_.warn(IssueCode::not_found, definition_["baseDefinition"], "the base definition is not known here, so the differential was not judged");
            return;
        }
        const bool constraint = definition_["derivation"].text() == "constraint";
        if (constraint && found["type"].text() != type_) {
            run_.error(IssueCode::invalid, definition_["type"], "a constraint must have the type of its base definition");
        }
        if (!constraint && kind != "logical" && definition_["derivation"].text() == "specialization" && found["type"].text() == type_) {
            run_.error(IssueCode::not_found, definition_["type"], "a specialization must have another type than its base");
        }
        if (!constraint && kind == "logical" && found["type"].text() == type_ && definition_["url"].text() != url) {
            run_.error(IssueCode::not_found, definition_["type"], "a specialization must have another type than its base");
        }
    }

    // The differential must find its elements in the base, and may only narrow it.
    void differential() {
        const auto outline = run_.library().outlines().make(definition_, true);
        if (!outline) return;
        const Run::Inside inside(run_, "differential");
        for (const std::string& problem : outline->problems) run_.error(IssueCode::value, definition_["differential"], "{}", problem);
        walk(*outline->root, 0);
    }

    void walk(const OutlineNode& node, std::size_t depth) {
        if (depth > 40 || !run_.spend()) return;
        slicing(node);
        for (const auto& child : node.children) walk(*child, depth + 1);
        for (const auto& slice : node.slices) walk(*slice, depth + 1);
    }

    void slicing(const OutlineNode& node) {
        // A discriminator must lead somewhere.
        if (node.layers.size() < 2) return;
        const Value how = node.layers.back()["slicing"];
        for (const Value d : how["discriminator"].elements()) {
            if (!leads(node, d["path"].text())) run_.error(IssueCode::invalid, d["path"], "the discriminator's path does not lead to an element");
        }
    }

    bool leads(const OutlineNode& node, std::string_view path) {
        const std::size_t dot = path.find('.');
        std::string_view step = path.substr(0, dot);
        if (path.find('(') != std::string_view::npos || step == "$this" || step.empty()) return true;
        if (step.ends_with("[x]")) step.remove_suffix(3);
        const OutlineNode* next = node.child(step);
        if (next == nullptr) {
            const Value types = node.get("type");
            for (const Value t : types.elements()) {
                const std::string_view code = type_code(t);
                if (code == "Resource" || code == "DomainResource") return true;
                const Outline* of = run_.library().outlines().of_type(code);
                if (of == nullptr) return true;
                if (const OutlineNode* there = of->root->child(step)) next = there;
            }
            if (types.size() == 0) return true;
        }
        if (next == nullptr) return false;
        return dot == std::string_view::npos || leads(*next, path.substr(dot + 1));
    }

    Run& run_;
    Value definition_;
    std::string_view type_;
};

}  // namespace

void judge_structure_definition(Run& run, const Item& resource) { Structure(run, resource.value).judge(); }

// --- ValueSet ---

namespace {

// Filters of a value set with parameters (extension valueset-parameter) may name only those that it declares.
void judge_parameters(Run& run, Value set) {
    constexpr std::string_view kParameter = "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter";
    std::set<std::string, std::less<>> declared;
    for (const Value extension : set["extension"].elements()) {
        if (extension["url"].text() != kParameter) continue;
        for (const Value part : extension["extension"].elements()) {
            if (part["url"].text() == "name") declared.insert("%" + std::string(part["valueCode"].text()));
        }
    }
    if (declared.empty()) return;
    for (const Value include : set["compose"]["include"].elements()) {
        for (const Value filter : include["filter"].elements()) {
            for (const Value extension : filter["_value"]["extension"].elements()) {
                const Value expression = extension["valueExpression"]["expression"];
                if (expression.text().starts_with("%p-") && !declared.contains(expression.text())) run.error(IssueCode::not_found, expression, "the value set declares no parameter of this name");
            }
        }
    }
}

}  // namespace

void judge_value_set(Run& run, const Item& resource) {
    judge_parameters(run, resource.value);
    const Run::Inside compose(run, "compose");
    for (const char* part : {"include", "exclude"}) {
        std::uint32_t place = 0;
        for (const Value include : resource.value["compose"][part].elements()) {
            const Run::Inside inside(run, part, place++);
            if (!run.spend()) return;
            const Value system = include["system"];
            const std::string_view url = system.text();
            if (!system.is_string()) continue;
            if (url.find(':') == std::string_view::npos) {
                run.error(IssueCode::invalid, system, "system must be the absolute address of a code system");
                continue;
            }
            if (const Value known = run.library().source().find({}, url); known && known["resourceType"].text() == "ValueSet") {
                run.error(IssueCode::invalid, system, "system names a value set; it must name a code system");
            }
            if (run.terminology() == nullptr) continue;
            std::uint32_t code_place = 0;
            for (const Value code : include["concept"].elements()) {
                const Run::Inside in(run, "concept", code_place++);
                if (!run.spend()) return;
                const fhir::CodeCheck check = run.terminology()->check({.system = url, .version = include["version"].text(), .code = code["code"].text(), .display = {}});
                if (check.verdict == fhir::CodeCheck::Verdict::unknown_code) run.warn(IssueCode::code_invalid, code, "the code system does not have this code");
            }
        }
    }
}

// --- CodeSystem ---

namespace {

struct KnownProperty {
    std::string_view code;
    std::string_view type;
};
constexpr std::string_view kProperties = "http://hl7.org/fhir/concept-properties#";
// http://hl7.org/fhir/concept-properties
constexpr KnownProperty kKnown[] = {
    {"status", "code"},   {"inactive", "boolean"},     {"effectiveDate", "dateTime"}, {"deprecated", "dateTime"},  {"deprecationDate", "dateTime"}, {"retirementDate", "dateTime"},
    {"parent", "code"},   {"child", "code"},           {"notSelectable", "boolean"},  {"partOf", "code"},          {"synonym", "code"},             {"comment", "string"},
    {"itemWeight", "decimal"},
};

const KnownProperty* known_property(std::string_view code) {
    for (const KnownProperty& p : kKnown) {
        if (p.code == code) return &p;
    }
    return nullptr;
}

class Codes {
public:
    Codes(Run& run, Value system) : run_(run), system_(system) {}

    void judge() {
        properties();
        concepts(system_["concept"], 0);
        if (system_["content"].text() == "supplement" && !system_["supplements"]) run_.error(IssueCode::business_rule, system_, "a supplement must say what it supplements");
    }

private:
    void properties() {
        std::set<std::string_view> codes;
        std::set<std::string_view> uris;
        std::uint32_t place = 0;
        for (const Value p : system_["property"].elements()) {
            const Run::Inside inside(run_, "property", place++);
            const std::string_view code = p["code"].text();
            const std::string_view uri = p["uri"].text();
            const std::string_view type = p["type"].text();
            types_.emplace(code, type);
            if (!codes.insert(code).second) run_.error(IssueCode::business_rule, p, "another property has this code already");
            if (!uri.empty() && !uris.insert(uri).second) run_.error(IssueCode::business_rule, p, "another property has this uri already");
            if (uri.starts_with(kProperties)) {
                const KnownProperty* known = known_property(uri.substr(kProperties.size()));
                if (known == nullptr) continue;
                if (known->type != type) run_.error(IssueCode::business_rule, p, "the property that this uri names is of type {}", known->type);
                if (const KnownProperty* other = known_property(code); other != nullptr && other != known) run_.error(IssueCode::business_rule, p, "the code belongs to another property than the uri names");
            }
        }
    }

    void concepts(Value list, std::size_t depth) {
        if (depth > 60) return;
        std::uint32_t place = 0;
        for (const Value item : list.elements()) {
            const Run::Inside inside(run_, "concept", place++);
            if (!inside || !run_.spend()) return;
            std::uint32_t at = 0;
            for (const Value property : item["property"].elements()) {
                const Run::Inside in(run_, "property", at++);
                this->property(property);
            }
            concepts(item["concept"], depth + 1);
        }
    }

    void property(Value property) {
        const auto declared = types_.find(property["code"].text());
        for (const json::Member& member : property.members()) {
            if (!member.name.starts_with("value")) continue;
            std::string type(member.name.substr(5));
            type[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(type[0])));
            if (type == "coding") type = "Coding";
            if (declared != types_.end() && declared->second != type && !declared->second.empty()) {
                run_.error(IssueCode::business_rule, property, "the property is declared with the type {}", declared->second);
            }
            if (type != "Coding") continue;
            const Run::Inside value(run_, "value");
            judge_coding(run_, member.value);
        }
    }

    Run& run_;
    Value system_;
    std::map<std::string_view, std::string_view> types_;
};

}  // namespace

void judge_code_system(Run& run, const Item& resource) { Codes(run, resource.value).judge(); }

// --- SearchParameter and CapabilityStatement ---

namespace {

std::string_view search_type(Run& run, std::string_view canonical) {
    if (const Value own = run.library().source().find("SearchParameter", canonical)) return own["type"].text();
    const fhir::SearchParameter* known = fhir::Definitions::r4().search_parameter_by_url(url_of(canonical));
    return known == nullptr ? std::string_view() : fhir::to_string(known->type);
}

}  // namespace

void judge_search_parameter(Run& run, const Item& resource) {
    const std::string_view from = resource.value["derivedFrom"].text();
    if (from.empty()) return;
    const std::string_view type = search_type(run, from);
    if (!type.empty() && type != resource.value["type"].text()) run.error(IssueCode::business_rule, resource.value["type"], "type must be the type of the parameter that this one is derived from");
}

void judge_capability_statement(Run& run, const Item& resource) {
    std::uint32_t rest_place = 0;
    for (const Value rest : resource.value["rest"].elements()) {
        const Run::Inside in_rest(run, "rest", rest_place++);
        std::uint32_t place = 0;
        for (const Value type : rest["resource"].elements()) {
            const Run::Inside in(run, "resource", place++);
            std::uint32_t at = 0;
            for (const Value parameter : type["searchParam"].elements()) {
                const Run::Inside inside(run, "searchParam", at++);
                if (!run.spend()) return;
                const std::string_view known = search_type(run, parameter["definition"].text());
                if (!known.empty() && known != parameter["type"].text()) run.error(IssueCode::invalid, parameter["type"], "type must be the type of the SearchParameter that definition names");
            }
        }
    }
}

}  // namespace idun::validation
