// The index's tables, for whoever looks through a hub's store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::index {

store::Tables tables();

}  // namespace idun::index
