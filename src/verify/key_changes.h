// The keys that have followed the one a reader was told: by the owner's own word (docs/formats/key-change.md).
#pragma once

#include <vector>

#include "base/result.h"
#include "verify/finding.h"
#include "verify/signed_head.h"
#include "verify/source.h"

namespace idun::verify {

// Adds what follows from `keys` by the files key/1, key/2 …; what follows from none of them is passed over. A finding: one that follows and
// does not hold. Errors: a file could not be looked at.
Result<Finding> add_later_keys(Source& source, std::vector<Key>& keys);

}  // namespace idun::verify
