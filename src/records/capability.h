// What Records really does, for the CapabilityStatement.
#pragma once

#include "fhir/definitions.h"
#include "json/writer.h"

namespace idun::records {

// Writes the array rest[].resource: every R4 resource type with its interactions, versioning, conditional
// support and search parameters (name, type, definition). Deterministic.
//
//     w.name("resource");
//     write_capability(w, definitions);
void write_capability(json::Writer& writer, const fhir::Definitions& definitions);

}  // namespace idun::records
