// From a slice's discriminators to the tests that a value must pass to be in the slice.
#pragma once

#include <functional>

#include "validation/internal/outline.h"
#include "validation/internal/program.h"
#include "validation/library.h"

namespace idun::validation {

// What criteria are made with.
struct CriteriaSource {
    const Outline& outline;
    Library& library;
    Program& program;  // what is not understood goes to its problems
    // Makes the rule of all that a node says beyond `base`, for values that have to conform to it.
    std::function<Rule*(const OutlineNode& node, const OutlineNode* base)> rule_of;
};

// Adds the criteria that `slicing` asks for of `slice`, one of the slices of `unsliced`.
void add_criteria(Slice& out, const OutlineNode& slice, const OutlineNode& unsliced, json::Value slicing,
                  const CriteriaSource& source);

}  // namespace idun::validation
