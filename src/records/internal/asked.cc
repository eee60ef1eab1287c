// Whom a query asks about.
#include <algorithm>
#include <set>

#include "records/internal/impl.h"

namespace idun::records {
namespace {

using search::Clause;
using search::Criterion;

void collect(const search::Query& query, AskedAbout& out) {
    const bool patients = std::ranges::find(query.types, "Patient") != query.types.end();
    for (const Clause& clause : query.clauses) {
        for (const auto& inner : clause.inner) collect(*inner, out);
        if (clause.kind == Clause::Kind::ids && patients) out.patients.insert(out.patients.end(), clause.ids.begin(), clause.ids.end());
        for (const Criterion& c : clause.criteria) {
            if (clause.kind == Clause::Kind::compartment) {
                if (c.system == "Patient") out.patients.push_back(c.text);
                continue;
            }
            if (clause.kind != Clause::Kind::values || clause.parameters.empty()) continue;
            const search::Parameter& parameter = *clause.parameters.front();
            const bool to_patient = parameter.type == fhir::SearchType::reference && parameter.may_point_at("Patient");
            const bool literal = clause.modifier == search::Modifier::none;
            if (to_patient && literal && (c.system == "Patient" || c.form == Criterion::Form::any_type)) out.patients.push_back(c.text);
            if (to_patient && clause.modifier == search::Modifier::identifier) out.identifiers.emplace_back(c.system, c.text);
            // Not of Patients alone: a RelatedPerson or a Practitioner may carry a person's number too.
            if (parameter.name == "identifier" && literal) out.identifiers.emplace_back(c.system, c.text);
        }
    }
}

// A name that nobody has defined may be anything, also somebody's name.
std::string known_names(const search::Registry& known, const Parameters& parameters) {
    std::string out;
    std::size_t others = 0;
    for (const auto& [name, value] : parameters) {
        if (search::made_of_known_words(known, name)) out += (out.empty() ? "" : " ") + name;
        else ++others;
    }
    if (others > 0) out += (out.empty() ? "?" : " ?") + std::to_string(others);
    return out;
}

}  // namespace

AskedAbout Records::asked_about(std::string_view type, const Parameters& parameters) const {
    AskedAbout out;
    out.query = known_names(impl_->known, parameters);
    const auto query = impl_->parse(type, parameters, {}, true);
    if (query) collect(*query, out);
    if (impl_->options.person_key) {
        for (const auto& [system, value] : out.identifiers)
            if (auto person = impl_->options.person_key(system, value)) out.persons.push_back(std::move(*person));
    }
    for (auto* some : {&out.patients, &out.persons}) {
        std::ranges::sort(*some);
        const auto rest = std::ranges::unique(*some);
        some->erase(rest.begin(), rest.end());
    }
    return out;
}

}  // namespace idun::records
