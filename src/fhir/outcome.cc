#include "fhir/outcome.h"

#include "json/writer.h"

namespace idun::fhir {
namespace {

constexpr std::string_view kLine = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
constexpr std::string_view kColumn = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col";

void write(json::Writer& w, const Issue& issue) {
    w.object();
    if (issue.line > 0) {
        w.name("extension").array();
        w.object().member("url", kLine).member("valueInteger", issue.line).end();
        w.object().member("url", kColumn).member("valueInteger", issue.column).end();
        w.end();
    }
    w.member("severity", to_string(issue.severity)).member("code", to_string(issue.code));
    if (!issue.text.empty()) w.member("diagnostics", issue.text);
    if (!issue.path.empty()) w.name("expression").array().value(issue.path).end();
    w.end();
}

}  // namespace

std::string operation_outcome(const Issues& issues) {
    static const Issue all_ok{.severity = Severity::information, .code = IssueCode::informational, .text = "all ok", .path = {}};
    json::Writer w;
    w.object().member("resourceType", "OperationOutcome").name("issue").array();
    for (const Issue& issue : issues) write(w, issue);
    if (issues.empty()) write(w, all_ok);
    w.end().end();
    return w.take();
}

std::string operation_outcome(const Error& error) { return operation_outcome(Issues{to_issue(error)}); }

}  // namespace idun::fhir
