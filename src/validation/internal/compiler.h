// From an outline to a program.
#pragma once

#include <memory>

#include "validation/internal/outline.h"
#include "validation/internal/program.h"
#include "validation/library.h"

namespace idun::validation {

// Null when the type is not one of R4's.
std::unique_ptr<Program> compile(const Outline& outline, Library& library);

}  // namespace idun::validation
