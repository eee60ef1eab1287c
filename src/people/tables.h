// The tables of links, codes and names of keys, for whoever looks through a hub's store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::people {

store::Tables link_tables();
store::Tables code_tables();
store::Tables named_by_tables();

}  // namespace idun::people
