// OperationOutcome: how issues and errors look on the wire.
#pragma once

#include <string>

#include "fhir/issue.h"

namespace idun::fhir {

// The resource as minified JSON. The text goes into diagnostics, the path into expression, line and column
// into the official extensions. No issues at all becomes one informational "all ok", since R4 wants at least one.
std::string operation_outcome(const Issues& issues);
std::string operation_outcome(const Error& error);

}  // namespace idun::fhir
