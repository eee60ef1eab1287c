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
            if (patients && parameter.name == "identifier" && literal) out.identifiers.emplace_back(c.system, c.text);
        }
    }
}

}  // namespace

AskedAbout Records::asked_about(std::string_view type, const Parameters& parameters) const {
    AskedAbout out;
    const auto query = impl_->parse(type, parameters, {}, true);
    if (query) collect(*query, out);
    for (auto* ids : {&out.patients}) {
        std::ranges::sort(*ids);
        const auto rest = std::ranges::unique(*ids);
        ids->erase(rest.begin(), rest.end());
    }
    return out;
}

}  // namespace idun::records
