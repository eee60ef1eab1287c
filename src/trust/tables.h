// The table of key changes that a role has followed, for whoever looks through its store (store/table.h).
#pragma once

#include "store/table.h"

namespace idun::trust {

store::Table key_change_table();

}  // namespace idun::trust
