// From an element to its children.
#pragma once

#include <string_view>

#include "fhirpath/internal/program.h"
#include "fhirpath/item.h"

namespace idun::fhirpath::internal {

// A name to go to, and what the compiler knows of it (Node::shape, Node::property).
struct Name {
    std::string_view plain;        // "birthDate", "value"
    std::string_view underscored;  // "_birthDate"
    const fhir::Shape* shape = nullptr;
    const fhir::Property* property = nullptr;
};

// Appends the children of that name. "value" finds valueQuantity; "valueQuantity" finds nothing, as FHIRPath has it.
void append_children(const Item& item, const Name& name, const fhir::Definitions& definitions, Items& out);
// Appends all children, in the order of the document.
void append_all_children(const Item& item, const fhir::Definitions& definitions, Items& out);

}  // namespace idun::fhirpath::internal
