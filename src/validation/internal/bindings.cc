// Codes against value sets, and against the code systems that they name.
#include <algorithm>

#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::Coded;
using fhir::IssueCode;
using fhir::Membership;
using fhir::Severity;
using json::Value;

namespace {

Coded coded(Value coding) { return {.system = coding["system"].text(), .version = coding["version"].text(), .code = coding["code"].text(), .display = coding["display"].text()}; }

// `none`: there is nothing that could be a member.
struct Answer {
    Membership membership = Membership::unknown;
    bool none = false;
};

// Only texts that are no codes of any system stand in elements of these types.
Answer ask(const fhir::Terminology& terminology, std::string_view value_set, const Item& item) {
    const Value value = item.value;
    if (item.type == nullptr) return {};
    if (item.type->kind == fhir::TypeKind::primitive) {
        if (!value || value.text().empty()) return {.membership = Membership::out, .none = true};
        return {.membership = terminology.member_of(value_set, {.system = {}, .version = {}, .code = value.text(), .display = {}})};
    }
    if (item.type->special == fhir::Special::coding) {
        if (!value["code"] && !value["system"]) return {.membership = Membership::out, .none = true};
        return {.membership = terminology.member_of(value_set, coded(value))};
    }
    if (item.type->special == fhir::Special::codeable_concept) {
        const Value codings = value["coding"];
        bool none = true;
        bool unknown = false;
        for (const Value coding : codings.elements()) {
            if (!coding["code"] && !coding["system"]) continue;
            none = false;
            const Membership m = terminology.member_of(value_set, coded(coding));
            if (m == Membership::in) return {.membership = m};
            unknown = unknown || m == Membership::unknown;
        }
        return {.membership = unknown ? Membership::unknown : Membership::out, .none = none};
    }
    if (value["code"]) return {.membership = terminology.member_of(value_set, coded(value))};  // Quantity
    return {.membership = Membership::out, .none = true};
}

void judge_required(Run& run, std::string_view value_set, const Item& item, std::string_view profile, const char* what) {
    const Answer answer = ask(*run.terminology(), value_set, item);
    if (answer.membership == Membership::in) return;
    const auto of = profile.empty() ? std::string() : fmt::format(" ({})", profile);
    if (answer.none) {
        // A Quantity without a unit's code, and a primitive that only has extensions, say nothing about codes.
        const bool concept_or_coding = item.type->special == fhir::Special::codeable_concept || item.type->special == fhir::Special::coding;
        if (concept_or_coding) run.error(IssueCode::code_invalid, item.place(), "a code from {} is {}, and none is given{}", value_set, what, of);
        return;
    }
    if (answer.membership == Membership::unknown) {
        run.warn(IssueCode::not_supported, item.place(), "whether the code is in {} could not be told, since not all of it is at hand{}", value_set, of);
        return;
    }
    run.error(IssueCode::code_invalid, item.place(), "the code is not in {}, from which one is {}{}", value_set, what, of);
}

}  // namespace

bool in_value_set(Run& run, const Item& item, std::string_view value_set) {
    return run.terminology() != nullptr && ask(*run.terminology(), value_set, item).membership == Membership::in;
}

void judge_binding(Run& run, const Binding& binding, const Item& item, std::string_view profile) {
    if (run.terminology() == nullptr || !run.spend()) return;
    // Nothing may be said of what a companion says ("not known").
    if (!item.value) return;
    const auto of = profile.empty() ? std::string() : fmt::format(" ({})", profile);
    if (binding.strength == Strength::required && !binding.value_set.empty()) judge_required(run, binding.value_set, item, profile, "required");
    for (const std::string& more : binding.additional) judge_required(run, more, item, profile, "required as well");
    if (binding.strength != Strength::extensible && binding.max_value_set.empty()) return;
    if (run.in_trial() && binding.max_value_set.empty()) return;  // warnings only
    const Answer answer = binding.value_set.empty() ? Answer{} : ask(*run.terminology(), binding.value_set, item);
    if (answer.membership == Membership::in) return;
    if (!binding.max_value_set.empty()) {
        const Answer widest = ask(*run.terminology(), binding.max_value_set, item);
        if (!widest.none && widest.membership == Membership::out) {
            run.error(IssueCode::code_invalid, item.place(), "the code is not in {}, the widest set that is allowed here{}", binding.max_value_set, of);
            return;
        }
    }
    if (binding.strength != Strength::extensible || answer.none || answer.membership == Membership::unknown) return;
    run.warn(IssueCode::code_invalid, item.place(), "the code is not in {}; use one of its codes unless none of them fits{}", binding.value_set, of);
}

void judge_coding(Run& run, Value coding) {
    const Value system = coding["system"];
    const std::string_view url = system.text();
    if (system.is_string() && url.find(':') == std::string_view::npos) {
        run.error(IssueCode::invalid, system, "system must be an absolute address");
        return;
    }
    if (url.starts_with("http://hl7.org/fhir/ValueSet/") || (url.find("/ValueSet/") != std::string_view::npos && run.library().source().find("ValueSet", url))) {
        run.error(IssueCode::invalid, system, "system names a value set; it must name a code system");
        return;
    }
    if (const Value known = url.empty() ? Value() : run.library().source().find("CodeSystem", url); known && (known["content"].text() == "supplement" || known["supplements"])) {
        run.error(IssueCode::not_found, system, "system names a supplement; it must name the code system that it supplements");
        return;
    }
    if (run.terminology() == nullptr || !coding["code"].is_string() || !system.is_string()) return;
    const fhir::CodeCheck check = run.terminology()->check(coded(coding));
    using Verdict = fhir::CodeCheck::Verdict;
    if (check.verdict == Verdict::unknown_code) {
        run.at_level(run.options().unknown_code, IssueCode::code_invalid, coding["code"], "the code system does not have this code");
    } else if (check.verdict == Verdict::malformed) {
        run.warn(IssueCode::code_invalid, coding["code"], "this cannot be a code of its system");
    } else if (check.display_wrong) {
        run.at_level(run.options().wrong_display, IssueCode::invalid, coding["display"], "display is none of the names that the code system gives this code");
    }
}

void judge_unit(Run& run, Value quantity) {
    if (run.terminology() == nullptr || !quantity["code"].is_string()) return;
    const fhir::CodeCheck check = run.terminology()->check({.system = quantity["system"].text(), .version = {}, .code = quantity["code"].text(), .display = {}});
    if (check.verdict == fhir::CodeCheck::Verdict::malformed || check.verdict == fhir::CodeCheck::Verdict::unknown_code) {
        run.error(IssueCode::code_invalid, quantity["code"], "code must be a UCUM unit");
    }
}

}  // namespace idun::validation
