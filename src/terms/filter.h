// The filters of a value set: which concepts of a code system they choose.
//
//     TRY_ASSIGN(const auto chosen, filtered(*system, {"concept", "is-a", "_ActMoodPredicate"}));
#pragma once

#include <string_view>
#include <vector>

#include "terms/code_system.h"

namespace idun::terms {

struct Filter {
    std::string_view property;
    std::string_view op;
    std::string_view value;
};

// The concepts, in the order of the system. `unsupported` when the property is not the system's or the operator does not
// fit, `not_found` when the value names a code that the system does not have, `invalid` for a broken regular expression.
// Regular expressions are those of RE2: they take time in proportion to the text, whatever they say.
Result<std::vector<ConceptNumber>> filtered(const CodeSystem& system, const Filter& filter);

inline constexpr std::size_t kRegexBytesMax = 1000;

}  // namespace idun::terms
