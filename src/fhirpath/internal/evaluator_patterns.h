// The regular expressions of one run, compiled once each.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "fhirpath/internal/evaluator.h"

namespace idun::fhirpath::internal {

struct Evaluator::Patterns {
    std::unordered_map<std::string, std::unique_ptr<re2::RE2>> compiled;
};

}  // namespace idun::fhirpath::internal
