// The tables of links and codes, for whoever looks through a hub's store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::people {

store::Tables link_tables();
store::Tables code_tables();

}  // namespace idun::people
