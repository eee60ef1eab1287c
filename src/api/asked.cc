#include "api/asked.h"

#include <algorithm>
#include <set>

#include "fhir/bundle.h"
#include "fhir/reference.h"

namespace idun::api {
namespace {

void add(Asked& to, const Asked& more) {
    to.patients.insert(to.patients.end(), more.patients.begin(), more.patients.end());
    to.persons.insert(to.persons.end(), more.persons.begin(), more.persons.end());
    if (more.query.empty() || to.query.size() >= ledger::kTextBytesMax) return;
    to.query += (to.query.empty() ? "" : " ") + more.query;
}

// By a read or search.
void add_look(const Node& node, const fhir::BundleEntry& entry, Asked& out) {
    Asked look = asked_in(node, entry.type, entry.query);
    if (entry.type == "Patient" && !entry.id.empty()) look.patients.emplace_back(entry.id);
    out.looked_up.insert(out.looked_up.end(), look.patients.begin(), look.patients.end());
    out.looked_up_persons.insert(out.looked_up_persons.end(), look.persons.begin(), look.persons.end());
    add(out, look);
}

void add_references(const Node& node, json::Value value, Asked& out) {
    for (const json::Value element : value.elements()) add_references(node, element, out);
    for (const json::Member& member : value.members()) {
        if (member.name != "reference" || !member.value.is_string()) {
            add_references(node, member.value, out);
            continue;
        }
        const auto reference = fhir::parse_reference(member.value.text());
        if (reference && reference->kind == fhir::ReferenceKind::conditional)
            add(out, asked_in(node, reference->type, reference->query));
    }
}

}  // namespace

Asked asked_in(const Node& node, std::string_view type, const http::Parameters& parameters) {
    Asked asked;
    auto about = node.records.asked_about(type, parameters);
    asked.query = std::move(about.query);
    asked.patients = std::move(about.patients);
    for (const std::string& bytes : about.persons)
        if (const auto person = crypto::Pseudonym::from(bytes)) asked.persons.push_back(*person);
    return asked;
}

Asked asked_in(const Node& node, std::string_view type, std::string_view query) {
    if (query.starts_with('?')) query.remove_prefix(1);
    const auto parameters = http::parameters(query);
    return parameters ? asked_in(node, type, *parameters) : Asked();
}

Asked asked_in_bundle(const Node& node, json::Value bundle) {
    Asked out;
    const fhir::BundleRead read = fhir::read_bundle(node.definitions, bundle, {.entries_max = 100'000, .issues_max = 1});
    for (const fhir::BundleEntry& entry : read.bundle.entries) {
        if (entry.method == fhir::Method::get || entry.method == fhir::Method::head) {
            add_look(node, entry, out);
            continue;
        }
        if (!entry.query.empty()) add(out, asked_in(node, entry.type, entry.query));
        if (!entry.if_none_exist.empty()) add(out, asked_in(node, entry.type, entry.if_none_exist));
        add_references(node, entry.resource, out);
    }
    // The same names stand in many entries.
    for (auto* patients : {&out.patients, &out.looked_up}) {
        std::ranges::sort(*patients);
        const auto rest = std::ranges::unique(*patients);
        patients->erase(rest.begin(), rest.end());
    }
    return out;
}

}  // namespace idun::api
