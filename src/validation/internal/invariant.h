// The constraints of element definitions, compiled once and shared by all that state them.
#pragma once

#include <memory>
#include <string>

#include "fhir/issue.h"
#include "json/document.h"

namespace idun::fhirpath { class Expression; }

namespace idun::validation {

struct Item;
class Run;

// True, false, or not to be said.
enum class Truth : std::uint8_t { no, yes, unknown };

struct Invariant {
    std::string key;       // "obs-7"
    std::string human;     // "must be ..."
    std::string expression;
    std::string source;    // the profile that states it
    fhir::Severity severity = fhir::Severity::error;
    // A rule that is written by hand because nearly every resource is judged by it. Null: `compiled` is run.
    Truth (*native)(const Item& item, Run& run) = nullptr;
    std::shared_ptr<const fhirpath::Expression> compiled;  // null when the expression is not understood
    std::string problem;   // why not
    bool wide = false;     // looks at the whole resource or all below an element: dear in large documents
};

}  // namespace idun::validation
