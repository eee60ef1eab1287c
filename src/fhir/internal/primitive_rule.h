// One primitive value against its FHIR type.
#pragma once

#include "fhir/definitions.h"
#include "json/document.h"

namespace idun::fhir {

// Null when `value` has the JSON kind and the form of that type. Otherwise what it must be, to follow the
// property's name: "must be a date such as ...".
const char* primitive_flaw(Primitive type, json::Value value);

}  // namespace idun::fhir
