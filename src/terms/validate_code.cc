// CodeSystem/$validate-code and ValueSet/$validate-code.
#include "fhir/parameters.h"
#include "terms/internal/meant.h"
#include "terms/operations.h"

namespace idun::terms {
namespace {

using Verdict = fhir::CodeCheck::Verdict;

// What is found of one code; `message` says what is wrong, or what could not be judged.
struct Judged {
    bool good = false;
    std::string message;
    std::string display;
};

std::string answer(const Judged& judged) {
    return fhir::ParametersWriter().flag("result", judged.good).text("message", "valueString", judged.message).text("display", "valueString", judged.display).take();
}

// One good coding makes a concept good; else the first one's fault is told.
template <typename Judge>
Judged best(const std::vector<Meant>& all, Judge judge) {
    Judged first;
    for (std::size_t i = 0; i < all.size(); ++i) {
        Judged one = judge(all[i]);
        if (one.good) return one;
        if (i == 0) first = std::move(one);
    }
    return first;
}

std::string_view display_in(const CodeSystem& system, std::string_view code, std::string_view language) {
    const ConceptNumber n = system.find(code);
    return n == kNoConcept ? std::string_view() : system.display(n, language);
}

bool is_abstract(const CodeSystem& system, std::string_view code) {
    const ConceptNumber n = system.find(code);
    return n != kNoConcept && system.concept_at(n).abstract;
}

constexpr std::size_t kReasonsMax = 5;
constexpr const char* kAbstract = "the code is a heading that is not to be recorded (abstract)";
constexpr const char* kDisplay = "the display is none of the code's names";

// By its code system alone. `abstract`: headings will do.
Judged in_system(const Terms& terms, const CodeSystem* system, const Meant& asked, bool abstract, std::string_view language) {
    const fhir::CodeCheck check = terms.check({asked.system, asked.version, asked.code, asked.display});
    Judged out;
    switch (check.verdict) {
        case Verdict::unknown_code: out.message = "code system " + std::string(asked.system) + " has no such code"; return out;
        case Verdict::malformed: out.message = "the code cannot be one of " + std::string(asked.system); return out;
        case Verdict::unknown_system:
            out.message = "cannot be judged: code system " + std::string(asked.system) + " is not at hand, or only a part of it";
            return out;
        case Verdict::known: break;
    }
    out.display = check.display;
    if (system != nullptr) out.display = display_in(*system, asked.code, language);
    if (check.display_wrong) out.message = kDisplay;
    else if (!abstract && system != nullptr && is_abstract(*system, asked.code)) out.message = kAbstract;
    else out.good = true;
    if (out.good && check.inactive) out.message = "the code is inactive";
    return out;
}

Result<std::vector<Meant>> meant_in(const Inputs& inputs, std::string_view version_name, std::string_view system) {
    TRY_ASSIGN(auto all, meant(inputs, version_name));
    for (Meant& one : all) {
        if (one.system.empty()) one.system = system;
    }
    return all;
}

}  // namespace

Result<std::string> validate_code_in_system(const Terms& terms, const Inputs& inputs) {
    TRY(inputs.only({"url", "codeSystem", "code", "version", "display", "coding", "codeableConcept", "date", "abstract", "displayLanguage"}));
    if (inputs.has("url") && inputs.has("codeSystem")) return fail(Category::invalid, "give url or codeSystem, not both");
    TRY_ASSIGN(const auto abstract, inputs.flag("abstract"));
    std::shared_ptr<const CodeSystem> given;
    if (inputs.has("codeSystem")) {
        TRY_ASSIGN(given, CodeSystem::compile(inputs.value("codeSystem")));
    }
    const auto parts = fhir::split_canonical(inputs.text("url"));
    const std::string_view url = given ? std::string_view(given->url()) : parts.url;
    TRY_ASSIGN(auto all, meant_in(inputs, "version", url));
    if (url.empty() && all.front().system.empty()) return fail(Category::invalid, "say which code system: url, codeSystem, or the coding's");
    if (!given && !url.empty()) {
        auto found = terms.code_system(canonical_of(inputs.text("url"), inputs.text("version")));
        if (found) given = *found;
        else if (grammar_of(url) == nullptr) return fail(found.error());
    }
    return answer(best(all, [&](const Meant& one) -> Judged {
        if (!url.empty() && one.system != url) return {false, "the code is of another system than " + std::string(url), {}};
        if (given && inputs.has("codeSystem")) {
            const ConceptNumber n = given->find(one.code);
            if (n == kNoConcept) return {false, "code system " + given->url() + " has no such code", {}};
            const Concept& found = given->concept_at(n);
            if (found.abstract && !abstract.value_or(false)) return {false, kAbstract, std::string(found.display)};
            return {true, found.inactive ? "the code is inactive" : "", std::string(given->display(n, inputs.text("displayLanguage")))};
        }
        const auto own = given ? given : terms.code_system(one.system).value_or(nullptr);
        return in_system(terms, own.get(), one, abstract.value_or(false), inputs.text("displayLanguage"));
    }));
}

Result<std::string> validate_code_in_value_set(const Terms& terms, const Inputs& inputs) {
    TRY(inputs.only({"url", "context", "valueSet", "valueSetVersion", "code", "system", "systemVersion", "display", "coding", "codeableConcept",
                     "date", "abstract", "displayLanguage"}));
    if (inputs.has("context")) return fail(Category::unsupported, "context is not taken here; name the value set by url");
    if (inputs.has("url") == inputs.has("valueSet")) return fail(Category::invalid, "give url or valueSet");
    TRY_ASSIGN(const auto abstract, inputs.flag("abstract"));
    TRY_ASSIGN(const auto all, meant(inputs, "systemVersion"));
    if (inputs.has("code") && inputs.text("system").empty()) return fail(Category::invalid, "say which system the code is of");
    TRY_ASSIGN(const auto set, inputs.has("url") ? terms.code_set(canonical_of(inputs.text("url"), inputs.text("valueSetVersion")))
                                                 : terms.compile(inputs.value("valueSet")));
    return answer(best(all, [&](const Meant& one) -> Judged {
        const Membership in = set->contains(one.system, one.code);
        if (in == Membership::out) return {false, "the code is not in the value set", {}};
        if (in == Membership::unknown) {
            std::string why = "cannot be judged";
            std::size_t reasons = 0;
            for (const Gap& gap : set->gaps()) {
                if (!gap.system.empty() && !one.system.empty() && gap.system != one.system) continue;
                if (++reasons > kReasonsMax) break;
                why += ": " + gap.reason;
            }
            return {false, std::move(why), {}};
        }
        const auto system = terms.code_system(one.system);
        // A code that the value set itself lists is good also where its system does not tell.
        const bool unsure = system ? !(*system)->complete() && (*system)->find(one.code) == kNoConcept : grammar_of(one.system) == nullptr;
        if (unsure) {
            for (const CodeSet::Entry& entry : set->entries()) {
                if (entry.code == one.code) return {true, {}, std::string(set->display(entry, inputs.text("displayLanguage")))};
            }
        }
        return in_system(terms, system ? system->get() : nullptr, one, abstract.value_or(false), inputs.text("displayLanguage"));
    }));
}

}  // namespace idun::terms
