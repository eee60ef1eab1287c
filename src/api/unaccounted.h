// What a person's list of accesses lacks, in words for her.
#pragma once

#include <string>
#include <vector>

#include "api/hub.h"

namespace idun::api {

// OperationOutcome resources: one for each access whose receipt came back and whose entry did not, for each
// provider with questions that nothing came of, and for each
// provider that holds something about her and whose log is silent, behind, or contradicts itself.
Result<std::vector<std::string>> unaccounted(Hub& hub, const crypto::Pseudonym& person);

}  // namespace idun::api
