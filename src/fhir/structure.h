// The base rules of FHIR R4 for one resource: what check_structure lets through has only known properties of
// the right kind, number, format and required code, and references that can mean something.
//
//     const Issues issues = check_structure(Definitions::r4(), document.root(), {.text = body});
//     if (has_errors(issues)) return operation_outcome(issues);
//
// Not judged here: profiles, terminology beyond required codes, invariants in FHIRPath, that a reference's
// target exists.
#pragma once

#include <string_view>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace idun::fhir {

struct StructureOptions {
    std::size_t issues_max = 100;  // then it stops; one more issue says so
    std::size_t depth_max = 64;    // of nested JSON values
    bool strict_references = true;  // a reference of none of FHIR's forms is an error; false: a warning
    std::string_view text;         // the document's text, for lines and columns; empty: none
};

// Empty when all is well. Paths are simple FHIRPath ("Observation.value" for valueQuantity), texts name the
// property as JSON has it and never quote content. Thread-safe.
Issues check_structure(const Definitions& definitions, json::Value resource, const StructureOptions& options = {});

}  // namespace idun::fhir
