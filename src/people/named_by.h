// By which keys a hub's store names people (docs/formats/blind-key.md).
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "store/store.h"

namespace idun::people {

// At a hub's start, with the names of the keys that it has. `conflict`, with what to do, when it has none of those that
// it had at its last start: nobody would be found, and no choice would hold. Else the store says these from now on.
Status name_people_by(store::Store& store, std::span<const std::string> keys);

}  // namespace idun::people
