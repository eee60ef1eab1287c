// What is wrong with a document: the third kind of error. The operation itself succeeded.
// An issue never quotes the document: its text ends up in logs and answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::fhir {

enum class Severity : std::uint8_t { fatal, error, warning, information };

// R4 value set issue-type.
enum class IssueCode : std::uint8_t {
    invalid, structure, required, value, invariant,
    security, login, unknown, expired, forbidden, suppressed,
    processing, not_supported, duplicate, multiple_matches, not_found, deleted, too_long, code_invalid,
    extension, too_costly, business_rule, conflict,
    transient, lock_error, no_store, exception, timeout, incomplete, throttled,
    informational,
};

std::string_view to_string(Severity severity);
std::string_view to_string(IssueCode code);  // as R4 spells it: "code-invalid"

struct Issue {
    Severity severity = Severity::error;
    IssueCode code = IssueCode::invalid;
    std::string text;        // one sentence that a person can act on
    std::string path;        // "Patient.name[0].given[1]"; empty when the issue is about the whole
    std::size_t line = 0;    // from 1; 0: not known
    std::size_t column = 0;  // from 1, in bytes
};
using Issues = std::vector<Issue>;

// Is one of them an error or fatal?
bool has_errors(const Issues& issues);

// The R4 code for each category of failed operation.
IssueCode issue_code(Category category);
Issue to_issue(const Error& error);

}  // namespace idun::fhir
