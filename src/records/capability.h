// What Records really does, for the CapabilityStatement.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace idun::records {

// An operation stands with the type at whose address it is: at /Patient/$match and not at /$match.
struct Operation {
    std::string_view type;  // "": every type
    std::string_view name;
    std::string_view definition;
    std::string_view documentation;
};

// The array rest[].resource as JSON: every R4 resource type with its interactions, versioning, conditional support, search
// parameters (name, type, definition) and those of the operations that are at its address.
//
//     w.name("resource").raw(capability(kOperations));
std::string capability(std::span<const Operation> operations);

}  // namespace idun::records
