// How refusals look.
#include "fhir/issue.h"
#include "http/problem.h"
#include "records/internal/impl.h"

namespace idun::records {

Outcome refused(int status, fhir::Issues issues) {
    Outcome out;
    out.status = status;
    out.issues = std::move(issues);
    return out;
}

Outcome refused(int status, fhir::IssueCode code, std::string text, std::string path) {
    fhir::Issue issue;
    issue.code = code;
    issue.text = std::move(text);
    issue.path = std::move(path);
    return refused(status, {std::move(issue)});
}

Outcome refused(const Error& error) { return refused(http::status_of(error.category), {fhir::to_issue(error)}); }

Outcome refused_reading(const Error& error) {
    if (error.category != Category::too_large) return refused(error);
    return refused(403, fhir::IssueCode::too_costly, error.message, error.path);
}

Outcome not_found() { return refused(404, fhir::IssueCode::not_found, "there is no such resource"); }

Outcome several_match(const std::string& path) {
    return refused(412, fhir::IssueCode::multiple_matches, "several resources match the condition", path);
}

std::string below(std::string_view path, std::string_view member) {
    if (path.empty() || member.empty()) return std::string(path.empty() ? member : path);
    return std::string(path).append(".").append(member);
}

}  // namespace idun::records
