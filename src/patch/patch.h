// Changing a resource by a description of the change: JSON Patch (RFC 6902) and FHIRPath Patch (FHIR R4 §3.1.5.1).
//
//     TRY_ASSIGN(const std::string text, json_patch(resource, operations));
//     TRY_ASSIGN(const std::string text, fhirpath_patch(fhir::Definitions::r4(), resource, parameters));
//
// All operations or none: an error means that nothing came of it. The result is well-formed JSON and nothing more is
// promised of it; whoever stores it checks it like any other update. Numbers that no operation touches keep
// their digits, members their order.
//
// Errors: `invalid` for a patch that says nothing sensible, `conflict` when it does not fit the resource as it is (a
// path that leads nowhere, a test that fails), `too_large` over a limit. Messages name the operation by its number and
// never quote content.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace idun::patch {

struct Limits {
    std::size_t operations_max = 1'000;
    std::size_t bytes_max = 16u << 20;     // of JSON text that all operations together add, copy and compare
    std::size_t steps_max = 100'000'000;   // members and elements that they look at or move
};

// `operations` is the array of RFC 6902 §3.
Result<std::string> json_patch(json::Value document, json::Value operations, const Limits& limits = {});

// `parameters` is a Parameters resource whose parameters are the operations. What is added goes to the end of a list; what
// is there already and is no list must be replaced. Deleting what is not there is no error. An element that loses its
// last content goes with it.
Result<std::string> fhirpath_patch(const fhir::Definitions& definitions, json::Value resource, json::Value parameters,
                                   const Limits& limits = {});

}  // namespace idun::patch
