// Rules of R4 that nearly every resource is judged by, written by hand instead of run as FHIRPath.
#pragma once

#include <string_view>

#include "validation/internal/invariant.h"

namespace idun::validation {

// Judged by fhir::check_structure already.
bool judged_by_structure(std::string_view key);
// Null when there is no hand-written form of exactly this expression.
Truth (*native_invariant(std::string_view key, std::string_view expression))(const Item&, Run&);

}  // namespace idun::validation
