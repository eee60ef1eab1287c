// Compiles the FHIRPath expression of a SearchParameter into plain member look-ups. It knows the part of
// FHIRPath that R4's parameters for tokens, dates and references use: paths, unions, `as`, `.as()`, `.ofType()`
// and `.where(resolve() is Type)`. An expression outside that part does not compile, and then the parameter
// is not offered. The full FHIRPath engine may take its place behind the same two functions.
//
//     TRY_ASSIGN(auto path, SearchPath::compile(r4, "(MedicationRequest.medication as CodeableConcept)", "MedicationRequest"));
//     path.collect(resource, [&](json::Value element, std::string_view target) { ... });
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace idun::search {

class SearchPath {
public:
    // The branches of `expression` that start at `type` (or Resource or DomainResource). `unsupported` when one
    // of them is outside the part above or names an element that there is not; an expression without a branch
    // for the type gives an empty path.
    static Result<SearchPath> compile(const fhir::Definitions& definitions, std::string_view expression, std::string_view type);

    bool empty() const { return branches_.empty(); }

    // Calls `found` for every element, arrays taken apart, in document order within a branch. `target` is the
    // resource type that a where(resolve() is ...) asks a reference to have, else "". Nulls are left out.
    void collect(json::Value resource, const std::function<void(json::Value, std::string_view target)>& found) const;

private:
    struct Step {
        std::vector<std::string_view> names;  // of the members; several where the element is a choice of types
    };
    struct Branch {
        std::vector<Step> steps;
        std::string target;
    };
    static Result<Branch> branch(const fhir::Shape* shape, std::string_view text);
    static void walk(const Branch& branch, std::size_t at, json::Value value,
                     const std::function<void(json::Value, std::string_view)>& found);

    std::vector<Branch> branches_;
};

}  // namespace idun::search
