// What R4 itself says of a type and check_structure does not judge: invariants and bindings, laid out as Definitions
// lays out shapes, so that one walk finds both.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fhir/definitions.h"
#include "validation/internal/program.h"

namespace idun::validation {

struct ShapeRules;

struct PropertyRules {
    std::vector<const Invariant*> invariants;  // of the element, beyond its type's
    std::unique_ptr<Binding> binding;          // not when check_structure knows the codes
    const ShapeRules* shape = nullptr;         // of backbone elements
};

struct ShapeRules {
    const fhir::Shape* shape = nullptr;
    std::vector<const Invariant*> invariants;
    std::vector<PropertyRules> properties;  // parallel to Shape::properties
};

struct TypeRules {
    const ShapeRules* root = nullptr;
    std::vector<std::unique_ptr<ShapeRules>> shapes;
};

// Where an extension may stand.
struct ExtensionContext {
    enum class Kind : std::uint8_t { element, extension, fhirpath };
    Kind kind = Kind::element;
    std::string expression;
    const Invariant* compiled = nullptr;  // of fhirpath
};

struct ExtensionRule {
    ProfileSlot* profile = nullptr;
    bool modifier = false;
    bool complex = false;     // holds extensions, no value
    std::vector<std::string> parts;      // of a complex one that is closed: the urls that it knows
    bool parts_open = true;
    std::vector<ExtensionContext> contexts;
    std::vector<const Invariant*> context_invariants;
};

}  // namespace idun::validation
