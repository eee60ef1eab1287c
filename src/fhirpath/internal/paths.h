// Expressions that are only paths (names, unions, `as`, ofType(), where()), as lists of members to go through: what search
// parameters mostly are. Compiled for one type; collecting along them makes no collections in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "fhirpath/environment.h"
#include "fhirpath/internal/program.h"
#include "fhirpath/item.h"

namespace idun::fhirpath::internal {

struct PathMember {
    std::string_view name;  // as in JSON
    const fhir::Type* type = nullptr;
    const fhir::Shape* shape = nullptr;
};

struct PathStep {
    std::vector<PathMember> members;  // several where the element is a choice of types
    std::string_view stem;            // then: what their names start with
    std::uint32_t filter = kNone;     // or, instead of members: the node of a where()
};

struct Path {
    std::vector<PathStep> steps;
};

struct Paths {
    const fhir::Shape* shape = nullptr;  // what they start from
    std::vector<Path> branches;
};

// nullopt when the expression is more than paths, or the type of its start is not known.
std::optional<Paths> compile_paths(const Program& program, const Options& options);

// false: a filter failed, and `error` says why.
bool collect(const Paths& paths, const Program& program, const Item& start, const Environment& environment,
             FunctionRef<void(const Item&)> found, std::optional<Error>& error);

}  // namespace idun::fhirpath::internal
