#pragma once

#include <string_view>

namespace idun::fhir {

// The file data/fhir-r4-core/core.fhirpack (docs/formats/fhir-package.md), in read-only memory.
std::string_view embedded_package();

}  // namespace idun::fhir
