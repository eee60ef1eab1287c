// A part that the operations share: reading which code is meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "terms/inputs.h"
#include "terms/terms.h"

namespace idun::terms {

// A code that a request asks about; texts are borrowed from the inputs.
struct Meant {
    std::string_view system;
    std::string_view version;
    std::string_view code;
    std::string_view display;
};

Meant meant_by(json::Value coding);

// From code, system, version and display, or coding, or codeableConcept: exactly one of the three. `invalid` otherwise, and
// when a coding has no code. `version` names the parameter that goes with `code`.
Result<std::vector<Meant>> meant(const Inputs& inputs, std::string_view version_name);

// "url|version" of parameters; the version only when it is given.
std::string canonical_of(std::string_view url, std::string_view version);

}  // namespace idun::terms
