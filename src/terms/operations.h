// The terminology operations of R4, from inputs to the resource that answers (minified JSON). What is not known is said in
// the answer where R4 has a place for it, else in the error: `not_found` for a system, value set or map that is not at hand,
// `invalid` for inputs that make no sense, `too_large` for an expansion that costs too much, `unsupported` for what is well
// asked but cannot be known here. No input is quoted but codes of code systems and canonicals.
#pragma once

#include <functional>
#include <string>

#include "terms/inputs.h"
#include "terms/terms.h"

namespace idun::terms {

Result<std::string> lookup(const Terms& terms, const Inputs& inputs);                      // CodeSystem/$lookup
Result<std::string> subsumes(const Terms& terms, const Inputs& inputs);                    // CodeSystem/$subsumes
Result<std::string> validate_code_in_system(const Terms& terms, const Inputs& inputs);     // CodeSystem/$validate-code
Result<std::string> validate_code_in_value_set(const Terms& terms, const Inputs& inputs);  // ValueSet/$validate-code
Result<std::string> translate(const Terms& terms, const Inputs& inputs);                   // ConceptMap/$translate

struct ExpandOptions {
    std::string now;         // the time of the expansion, "2026-11-25T22:00:00Z"
    std::string identifier;  // a urn:uuid: of the caller's
};
// At most kExpansionMax codes in one answer: a value set that has more is asked for by pages or with a filter.
inline constexpr std::size_t kExpansionMax = 10'000;
Result<std::string> expand(const Terms& terms, const Inputs& inputs, const ExpandOptions& options);  // ValueSet/$expand

}  // namespace idun::terms
