// CodeSystem/$lookup and $subsumes.
#include <algorithm>

#include "fhir/parameters.h"
#include "terms/internal/meant.h"
#include "terms/operations.h"

namespace idun::terms {
namespace {

constexpr std::size_t kRelativesMax = 200;  // parents and children that one answer names

struct Wish {
    std::vector<std::string_view> properties;  // empty: everything
    bool wants(std::string_view name) const {
        if (properties.empty()) return true;
        return std::find(properties.begin(), properties.end(), name) != properties.end();
    }
    bool wants_designation(std::string_view language) const {
        if (wants("designation")) return true;
        return std::any_of(properties.begin(), properties.end(), [&](std::string_view one) {
            return one.starts_with("lang.") && language_fits(language, one.substr(5));
        });
    }
};

std::string_view value_name(ValueKind kind) {
    switch (kind) {
        case ValueKind::code: return "valueCode";
        case ValueKind::string: return "valueString";
        case ValueKind::integer: return "valueInteger";
        case ValueKind::boolean: return "valueBoolean";
        case ValueKind::date_time: return "valueDateTime";
        case ValueKind::decimal: return "valueDecimal";
        case ValueKind::coding: return "valueCoding";
    }
    return "valueString";
}

class LookupAnswer {
public:
    LookupAnswer(const CodeSystem& system, ConceptNumber n, Wish wish) : system_(system), n_(n), wish_(std::move(wish)) {}

    std::string write(std::string_view language) {
        const Concept& found = system_.concept_at(n_);
        w_.object().member("resourceType", "Parameters").name("parameter").array();
        simple("name", "valueString", system_.name());
        simple("version", "valueString", system_.version());
        const std::string_view display = system_.display(n_, language);
        simple("display", "valueString", display.empty() ? found.code : display);
        for (const Designation& one : system_.designations(n_)) designation(one);
        if (!found.definition.empty()) property("definition", "valueString", found.definition);
        if (found.inactive || !wish_.properties.empty()) property("inactive", "valueBoolean", found.inactive ? "true" : "false");
        relatives("parent", system_.parents(n_));
        relatives("child", system_.children(n_));
        for (const PropertyValue& one : system_.properties(n_)) own(one);
        w_.end().end();
        return w_.take();
    }

private:
    void simple(std::string_view name, std::string_view kind, std::string_view value) {
        if (!value.empty()) w_.object().member("name", name).member(kind, value).end();
    }

    void designation(const Designation& one) {
        if (!wish_.wants_designation(one.language)) return;
        w_.object().member("name", "designation").name("part").array();
        simple("language", "valueCode", one.language);
        if (!one.use_code.empty()) {
            w_.object().member("name", "use").name("valueCoding");
            fhir::write_coding(w_, one.use_system, {}, one.use_code, one.use_display);
            w_.end();
        }
        simple("value", "valueString", one.value);
        w_.end().end();
    }

    void property(std::string_view code, std::string_view kind, std::string_view value, std::string_view description = {}) {
        if (!wish_.wants(code)) return;
        w_.object().member("name", "property").name("part").array();
        simple("code", "valueCode", code);
        w_.object().member("name", "value").name(kind);
        if (kind == "valueBoolean" || kind == "valueInteger" || kind == "valueDecimal") w_.raw(value);
        else w_.value(value);
        w_.end();
        simple("description", "valueString", description);
        w_.end().end();
    }

    void relatives(std::string_view code, std::span<const ConceptNumber> all) {
        for (const ConceptNumber one : all.subspan(0, std::min(all.size(), kRelativesMax))) {
            property(code, "valueCode", system_.concept_at(one).code, system_.concept_at(one).display);
        }
    }

    void own(const PropertyValue& one) {
        if (one.code == "parent" || one.code == "child" || one.code == "inactive" || !wish_.wants(one.code)) return;
        if (one.kind != ValueKind::coding) return property(one.code, value_name(one.kind), one.value);
        w_.object().member("name", "property").name("part").array();
        simple("code", "valueCode", one.code);
        w_.object().member("name", "value").name("valueCoding");
        fhir::write_coding(w_, one.system, {}, one.value, one.display);
        w_.end().end().end();
    }

    const CodeSystem& system_;
    const ConceptNumber n_;
    const Wish wish_;
    json::Writer w_;
};

// A system that only a grammar knows.
Result<std::string> lookup_by_grammar(const Error& missing, const Meant& asked) {
    const Grammar* grammar = grammar_of(asked.system);
    if (grammar == nullptr) return fail(missing);
    if (!grammar->accepts(asked.code)) return fail(Category::not_found, "the code is not one of " + std::string(asked.system));
    return fhir::ParametersWriter().text("name", "valueString", grammar->name).text("display", "valueString", asked.code).take();
}

Result<ConceptNumber> concept_of(const CodeSystem& system, std::string_view code) {
    const ConceptNumber n = system.find(code);
    if (n != kNoConcept) return n;
    if (!system.complete()) return fail(Category::not_found, "the code is not known; of code system " + system.url() + " only a part is at hand");
    return fail(Category::not_found, "code system " + system.url() + " has no such code");
}

}  // namespace

Result<std::string> lookup(const Terms& terms, const Inputs& inputs) {
    TRY(inputs.only({"code", "system", "version", "coding", "date", "displayLanguage"}, {"property"}));
    TRY_ASSIGN(const auto all, meant(inputs, "version"));
    const Meant asked = all.front();
    if (asked.system.empty()) return fail(Category::invalid, "say which system the code is of");
    const auto system = terms.code_system(canonical_of(asked.system, asked.version));
    if (!system) return lookup_by_grammar(system.error(), asked);
    TRY_ASSIGN(const ConceptNumber n, concept_of(**system, asked.code));
    return LookupAnswer(**system, n, {inputs.texts("property")}).write(inputs.text("displayLanguage"));
}

Result<std::string> subsumes(const Terms& terms, const Inputs& inputs) {
    TRY(inputs.only({"codeA", "codeB", "system", "version", "codingA", "codingB"}));
    const bool codings = inputs.has("codingA") && inputs.has("codingB");
    const bool codes = inputs.has("codeA") && inputs.has("codeB");
    if (codings == codes || inputs.has("codingA") != codings || inputs.has("codeA") != codes)
        return fail(Category::invalid, "give codeA and codeB with system, or codingA and codingB");
    const Meant a = codings ? meant_by(inputs.value("codingA")) : Meant{inputs.text("system"), inputs.text("version"), inputs.text("codeA"), {}};
    const Meant b = codings ? meant_by(inputs.value("codingB")) : Meant{inputs.text("system"), inputs.text("version"), inputs.text("codeB"), {}};
    if (a.system.empty() || b.system.empty()) return fail(Category::invalid, "say which system the codes are of");
    if (a.system != b.system) return fail(Category::invalid, "the two codes are of different systems");
    TRY_ASSIGN(const auto system, terms.code_system(canonical_of(a.system, a.version)));
    TRY_ASSIGN(const ConceptNumber first, concept_of(*system, a.code));
    TRY_ASSIGN(const ConceptNumber second, concept_of(*system, b.code));
    const char* outcome = "not-subsumed";
    if (first == second) outcome = "equivalent";
    else if (system->subsumes(first, second)) outcome = "subsumes";
    else if (system->subsumes(second, first)) outcome = "subsumed-by";
    return fhir::ParametersWriter().text("outcome", "valueCode", outcome).take();
}

}  // namespace idun::terms
