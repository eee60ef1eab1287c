// What references point at.
#include <algorithm>

#include "fhir/reference.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using fhir::ReferenceKind;
using json::Value;

namespace {

bool is_a(const fhir::Type* type, const fhir::Type* ancestor) {
    for (; type != nullptr; type = type->base) {
        if (type == ancestor) return true;
    }
    return false;
}

// The type that a reference says its target has, by its text or its type element.
const fhir::Type* stated_type(Value reference) {
    const fhir::Definitions& r4 = fhir::Definitions::r4();
    if (const auto parsed = fhir::parse_reference(reference["reference"].text()); parsed && !parsed->type.empty() && r4.is_resource(parsed->type)) return r4.type(parsed->type);
    return r4.type(reference["type"].text());
}

std::string names(const std::vector<ProfileSlot*>& slots) {
    std::string out;
    for (const ProfileSlot* slot : slots) out.append(out.empty() ? "" : ", ").append(slot->core != nullptr ? std::string(slot->core->name) : slot->url);
    return out;
}

// The type that a target profile is for; null when the profile is not known.
const fhir::Type* type_of(Run& run, ProfileSlot& slot) {
    if (slot.core != nullptr) return slot.core;
    const Program* program = run.library().program(slot);
    return program == nullptr ? nullptr : program->type;
}

void judge_aggregation(Run& run, std::uint8_t allowed, const Found& found, const Item& item, const Program& program) {
    if (allowed == 0) return;
    const bool fragment = item.value["reference"].text().starts_with('#');
    const std::uint8_t mode = fragment ? kContained : found.where == Found::Where::bundled ? kBundled : kReferenced;
    if ((mode & allowed) != 0) return;
    // What is in the Bundle is also referred to.
    if (mode == kBundled && (allowed & kReferenced) != 0) return;
    const bool inside_only = (allowed & kReferenced) == 0;
    run.error(IssueCode::structure, item.place(), "the target must be {} ({})",
              inside_only ? (allowed == kContained ? "contained" : allowed == kBundled ? "in the same Bundle" : "contained or in the same Bundle") : "outside of the resource", program.name);
}

}  // namespace

void judge_targets(Run& run, const TypeRule& rule, const Item& item, const Program& program) {
    const Value text = item.value.is_object() ? item.value["reference"] : item.value;
    if (item.type->special != fhir::Special::reference) return;  // canonicals: the type behind them is seldom at hand
    if (!text.is_string()) {
        if (!rule.targets.empty()) {
            const fhir::Type* stated = fhir::Definitions::r4().type(item.value["type"].text());
            if (stated == nullptr) return;
            const bool fits = std::any_of(rule.targets.begin(), rule.targets.end(), [&](ProfileSlot* slot) { const fhir::Type* t = type_of(run, *slot); return t == nullptr || is_a(stated, t); });
            if (!fits) run.error(IssueCode::structure, item.place(), "may refer to {} only ({})", names(rule.targets), program.name);
        }
        return;
    }
    const Found found = run.find(text.text());
    judge_aggregation(run, rule.aggregation, found, item, program);
    const bool versioned = text.text().find("/_history/") != std::string_view::npos;
    if (rule.versioning == Versioning::specific && !versioned && !text.text().starts_with('#')) run.error(IssueCode::structure, text, "the reference must name a version ({})", program.name);
    if (rule.versioning == Versioning::independent && versioned) run.error(IssueCode::structure, text, "the reference must not name a version ({})", program.name);
    if (rule.targets.empty()) return;

    const fhir::Type* type = found.resource ? fhir::Definitions::r4().type(found.resource["resourceType"].text()) : stated_type(item.value);
    if (type == nullptr) return;  // nothing is known of the target
    std::vector<ProfileSlot*> fitting;
    bool unknown = false;
    for (ProfileSlot* slot : rule.targets) {
        const fhir::Type* t = type_of(run, *slot);
        if (t == nullptr) unknown = true;
        else if (is_a(type, t)) fitting.push_back(slot);
    }
    if (fitting.empty()) {
        if (!unknown) run.error(IssueCode::structure, text, "may refer to {} only ({})", names(rule.targets), program.name);
        return;
    }
    const bool only_profiles = std::all_of(fitting.begin(), fitting.end(), [](const ProfileSlot* s) { return s->core == nullptr; });
    if (!only_profiles || unknown) return;
    if (!found.resource) {
        if (run.options().check_targets) run.error(IssueCode::not_found, text, "the target is not at hand, so that it could not be judged by {} ({})", names(fitting), program.name);
        return;
    }
    const Item target = resource_item(found.resource);
    const Run::At at(run, found.holder);
    for (ProfileSlot* slot : fitting) {
        const Program* p = run.library().program(*slot);
        if (p == nullptr) return;
        if (conforms(run, *p, target)) return;
    }
    run.error(IssueCode::structure, text, "the target does not follow {} ({})", names(fitting), program.name);
}

void judge_reference(Run& run, const Item& item) {
    const Value text = item.value["reference"];
    if (!text.is_string() || text.text().empty()) return;
    const auto parsed = fhir::parse_reference(text.text());
    if (!parsed) return;  // check_structure has said so
    const Value type = item.value["type"];
    const std::uint32_t bundle = run.bundle_of_here();
    if (bundle == Holder::kNone) return;
    const Found found = run.find(text.text());
    if (found.where == Found::Where::bundled) {
        const std::string_view name = found.resource["resourceType"].text();
        if (type.is_string() && !name.empty() && type.text() != name && type.text().find(':') == std::string_view::npos) {
            run.error(IssueCode::value, type, "type and the type of the target in the Bundle differ");
        }
        if (parsed->kind == ReferenceKind::urn || parsed->kind == ReferenceKind::absolute || parsed->kind == ReferenceKind::relative) {
            if (!parsed->type.empty() && !name.empty() && parsed->type != name && fhir::Definitions::r4().is_resource(parsed->type)) {
                run.error(IssueCode::value, text, "the entry that is referred to has another type than the reference says");
            }
        }
        return;
    }
    if (parsed->kind == ReferenceKind::fragment) return;
    if (parsed->kind == ReferenceKind::relative) {
        // Entries named by UUID are often referred to as if they were on a server; then at least the type must be right.
        const auto [places, count] = run.entries_with(bundle, "urn:uuid:" + std::string(parsed->id));
        if (count == 1 && run.holders()[*places].resource["resourceType"].text() != parsed->type) {
            run.error(IssueCode::value, text, "the entry with this id has another type than the reference says");
        }
        return;
    }
    const std::string_view kind = run.holders()[bundle].resource["type"].text();
    if (parsed->kind == ReferenceKind::urn) {
        // Nothing outside can be called so.
        if (kind == "document" || kind == "message" || kind == "transaction" || kind == "batch") {
            const bool strict = kind == "transaction" || kind == "document";
            run.report(strict ? fhir::Severity::error : fhir::Severity::warning, IssueCode::not_found, text, "no entry of the Bundle has this fullUrl");
        } else {
            run.warn(IssueCode::not_found, text, "no entry of the Bundle has this fullUrl");
        }
    }
}

}  // namespace idun::validation
