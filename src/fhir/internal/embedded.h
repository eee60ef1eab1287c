#pragma once

#include <string_view>

namespace idun::fhir {

// The blob of docs/formats/fhir-definitions.md, in read-only memory, aligned to 16 bytes.
std::string_view embedded_r4();

}  // namespace idun::fhir
