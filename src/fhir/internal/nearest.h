#pragma once

#include <string_view>
#include <vector>

namespace idun::fhir {

// The candidate with the fewest edits from `name` when that is at most a third of its length (and at least
// one edit is allowed; swapped neighbours are one); "" when none is near. Case does not count. For messages only: `name` is cut to 64 bytes.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace idun::fhir
