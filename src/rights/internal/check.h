// Do facts hold together? `invalid` says what does not, without quoting it.
#pragma once

#include "base/result.h"
#include "rights/facts.h"

namespace idun::rights {

Status check(const Block& block);
Status check(const Lift& lift);
Status check(const Mandate& mandate);
// Each fact by itself, the lists sorted by id without doubles, and no more than their bounds.
Status check(const PersonFacts& facts);

}  // namespace idun::rights
