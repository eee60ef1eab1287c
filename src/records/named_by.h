// By which keys the Patients here are named: docs/decisions/0070-key-rotation.md.
#pragma once

#include <string>

#include "base/result.h"
#include "store/store.h"

namespace idun::records {

// Names of keys, in ascending order with spaces between them, as Options::keys says them.
struct NamedBy {
    std::string keys;   // all were named by these; "": none was said
    std::string since;  // a renaming is under way, and some may be named by any of these alone; "": none is
};

// As the store says it.
Result<NamedBy> named_by(const store::Snapshot& snapshot);

}  // namespace idun::records
