// From an outline to a program.
#pragma once

#include <memory>

#include "validation/internal/outline.h"
#include "validation/internal/program.h"
#include "validation/library.h"

namespace idun::validation {

// Null when the type is not one of R4's.
std::unique_ptr<Program> compile(const Outline& outline, Library& library);

Strength strength_of(std::string_view code);
// Null when there is nothing to check: no value set, or a strength that binds nobody.
std::unique_ptr<Binding> binding_of(const OutlineNode& node);

}  // namespace idun::validation
