// Judges FHIR resources by R4 and by profiles.
//
//     Library library(source);                               // one for the process: it keeps what it compiles
//     Validator validator(library, &terminology);
//     const fhir::Issues issues = validator.validate(document.root(), {.profiles = {url}, .text = body});
//     if (fhir::has_errors(issues)) ...
//
// An issue has a severity, an R4 code, a FHIRPath, line and column, and one sentence that says what to do; it never quotes
// the document. What is judged: docs/validation.md. Thread-safe; every bound is in Options.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "fhir/issue.h"
#include "fhir/terminology.h"
#include "json/document.h"
#include "validation/library.h"

namespace idun::validation {

enum class Level : std::uint8_t { ignore, information, warning, error };

// Finds the target of a reference that the document does not hold. Absent: not known.
class References {
public:
    virtual ~References() = default;
    // The resource must live until the validation ends.
    virtual json::Value find(std::string_view reference) const = 0;
};

struct Options {
    std::vector<std::string> profiles;      // that the resource must follow, whatever it declares
    bool base = true;                       // R4's own rules; false: only profiles
    bool declared = true;                   // also those of meta.profile
    Level unknown_profile = Level::warning;    // declared, but not at hand
    Level unknown_extension = Level::warning;  // unknown modifier extensions are always errors
    Level wrong_display = Level::error;        // a display that is none of the code's names, where the code system is at hand
    Level unknown_code = Level::error;         // a code that a whole code system at hand does not have
    Level example_urls = Level::ignore;        // example.org and the like
    Level best_practice = Level::ignore;       // dom-6 and what else R4 only recommends
    Level html_in_text = Level::warning;       // what looks like HTML in plain strings
    Level html_in_markdown = Level::warning;
    std::vector<std::string> extension_domains;  // whose unknown extensions are let pass
    bool check_targets = false;             // a reference that nothing is found for is an error where a profile asks for more than its type
    const References* references = nullptr;
    std::vector<json::Value> questionnaires;  // for QuestionnaireResponses, before the library's source is asked
    std::string_view text;                  // the document's text, for lines and columns; empty: none
    Instant now{};
    std::size_t issues_max = 200;
    std::size_t depth_max = 64;
    std::uint64_t steps_max = 10'000'000;   // elements judged, over all profiles: what takes longer is cut off and said
};

class Validator {
public:
    // `library` and `terminology` must outlive this; without terminology, codes are judged by the lists in R4's structure only.
    explicit Validator(Library& library, const fhir::Terminology* terminology = nullptr) : library_(library), terminology_(terminology) {}

    fhir::Issues validate(json::Value resource, const Options& options) const;

    Library& library() const { return library_; }

private:
    Library& library_;
    const fhir::Terminology* terminology_;
};

}  // namespace idun::validation
