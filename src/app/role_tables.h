// Every table of a role's store, for looking through it.
#pragma once

#include "app/role_place.h"
#include "app/runtime.h"
#include "store/row_forms.h"
#include "store/scan.h"

namespace idun::app {

Result<store::Tables> role_tables(const RolePlace& place, const store::Snapshot& snapshot);
// Opens the store of a role that does not run, for a command. `unsupported` when a newer program has written rows that this one does not know.
Result<std::unique_ptr<store::Store>> open_role_store(const Runtime& runtime, const RolePlace& place);
// The same; nothing is made where it has never run (`not_found`).
Result<std::unique_ptr<store::Store>> stopped_store(const RolePlace& place);
// Of its tables whose rows have changed their form.
std::vector<store::FormChange> role_forms(const RolePlace& place);
Result<store::ScanReport> scan_role(const RolePlace& place, const store::Snapshot& snapshot, const store::ScanPace& pace);

}  // namespace idun::app
