// What a person's list of accesses lacks, in words for her.
#pragma once

#include <string>
#include <vector>

#include "api/hub.h"

namespace idun::api {

// OperationOutcome resources: one for each access whose receipt came back and whose entry did not, for each provider with
// questions that nothing came of, and for each log that is silent, behind, contradicts itself or has had a wrong clock, of a
// provider that holds something about her or has entries about her.
Result<std::vector<std::string>> unaccounted(Hub& hub, const crypto::Pseudonym& person);

}  // namespace idun::api
