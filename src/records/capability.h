// What Records really does, for the CapabilityStatement.
#pragma once

#include <string>

namespace idun::records {

// The array rest[].resource as JSON: every R4 resource type with its interactions, versioning, conditional support and search
// parameters (name, type, definition). Made on first use, since all roles of a process say the same. Thread-safe.
//
//     w.name("resource").raw(capability());
const std::string& capability();

}  // namespace idun::records
