#include "fhir/issue.h"

#include <algorithm>

namespace idun::fhir {

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::fatal: return "fatal";
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        case Severity::information: return "information";
    }
    return "error";
}

std::string_view to_string(IssueCode code) {
    switch (code) {
        case IssueCode::invalid: return "invalid";
        case IssueCode::structure: return "structure";
        case IssueCode::required: return "required";
        case IssueCode::value: return "value";
        case IssueCode::invariant: return "invariant";
        case IssueCode::security: return "security";
        case IssueCode::login: return "login";
        case IssueCode::unknown: return "unknown";
        case IssueCode::expired: return "expired";
        case IssueCode::forbidden: return "forbidden";
        case IssueCode::suppressed: return "suppressed";
        case IssueCode::processing: return "processing";
        case IssueCode::not_supported: return "not-supported";
        case IssueCode::duplicate: return "duplicate";
        case IssueCode::multiple_matches: return "multiple-matches";
        case IssueCode::not_found: return "not-found";
        case IssueCode::deleted: return "deleted";
        case IssueCode::too_long: return "too-long";
        case IssueCode::code_invalid: return "code-invalid";
        case IssueCode::extension: return "extension";
        case IssueCode::too_costly: return "too-costly";
        case IssueCode::business_rule: return "business-rule";
        case IssueCode::conflict: return "conflict";
        case IssueCode::transient: return "transient";
        case IssueCode::lock_error: return "lock-error";
        case IssueCode::no_store: return "no-store";
        case IssueCode::exception: return "exception";
        case IssueCode::timeout: return "timeout";
        case IssueCode::incomplete: return "incomplete";
        case IssueCode::throttled: return "throttled";
        case IssueCode::informational: return "informational";
    }
    return "processing";
}

bool has_errors(const Issues& issues) {
    return std::any_of(issues.begin(), issues.end(), [](const Issue& i) { return i.severity <= Severity::error; });
}

IssueCode issue_code(Category category) {
    switch (category) {
        case Category::invalid: return IssueCode::invalid;
        case Category::forbidden: return IssueCode::forbidden;
        case Category::unauthorized: return IssueCode::login;
        case Category::not_found: return IssueCode::not_found;
        case Category::gone: return IssueCode::deleted;
        case Category::conflict: return IssueCode::conflict;
        case Category::too_large: return IssueCode::too_long;
        case Category::unsupported: return IssueCode::not_supported;
        case Category::media_type: return IssueCode::not_supported;
        case Category::busy: return IssueCode::throttled;
        case Category::unavailable: return IssueCode::transient;
        case Category::corrupt: return IssueCode::exception;
        case Category::internal: return IssueCode::exception;
    }
    return IssueCode::exception;
}

Issue to_issue(const Error& error) {
    const bool ours = error.category == Category::corrupt || error.category == Category::internal;
    return {.severity = ours ? Severity::fatal : Severity::error,
            .code = issue_code(error.category),
            .text = error.message,
            .path = error.path};
}

}  // namespace idun::fhir
