// The choices of a person who has several numbers: what she chose under any of them holds for all.
#pragma once

#include <span>

#include "rights/facts.h"

namespace idun::rights {

// What closes under one closes under all; fact ids are unique over all persons. `too_large` when there are more than one
// person may have.
Result<PersonFacts> united(std::span<const PersonFacts> facts);

}  // namespace idun::rights
