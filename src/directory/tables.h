// The directory's tables, for whoever looks through a hub's store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::directory {

store::Tables tables();

// How endpoints answered: of health.cc.
store::Table health_table();

}  // namespace idun::directory
