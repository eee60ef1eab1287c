// The tables of what a node keeps of the hub's and of broken glasses, for whoever looks through its store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::gate {

store::Tables rights_copy_tables();
store::Table directory_copy_table();
store::Table glass_table();
store::Table glass_report_table();

}  // namespace idun::gate
