#include "api/person_check.h"

#include <fmt/format.h>

#include "people/person_id.h"

namespace idun::api {
namespace {

void check_patient(json::Value patient, const std::string& path, Instant now, fhir::Issues& issues) {
    std::size_t place = 0;
    for (const json::Value identifier : patient["identifier"].elements()) {
        const std::string_view system = identifier["system"].text();
        const std::string_view value = identifier["value"].text();
        if (!value.empty() && people::identifies_persons(system)) {
            const auto person = people::identify(system, value, now);
            if (!person)
                issues.push_back({fhir::Severity::error, fhir::IssueCode::value, person.error().message,
                                  fmt::format("{}.identifier[{}].value", path, place), 0, 0});
        }
        ++place;
    }
}

}  // namespace

fhir::Issues check_persons(json::Value resource, Instant now) {
    fhir::Issues issues;
    const std::string_view type = resource["resourceType"].text();
    if (type == "Patient") check_patient(resource, "Patient", now, issues);
    if (type != "Bundle") return issues;
    std::size_t place = 0;
    for (const json::Value entry : resource["entry"].elements()) {
        if (entry["resource"]["resourceType"].text() == "Patient")
            check_patient(entry["resource"], fmt::format("Bundle.entry[{}].resource", place), now, issues);
        ++place;
    }
    return issues;
}

}  // namespace idun::api
