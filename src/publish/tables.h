// The tables of what a node's publishing remembers, for whoever looks through its store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::publish {

store::Table taken_links_table();
store::Table progress_table();
store::Table told_table();
store::Table told_whole_table();
store::Table aliases_told_table();

}  // namespace idun::publish
