// Every table of a role's store, for looking through it.
#pragma once

#include "app/role_place.h"
#include "store/row_forms.h"
#include "store/scan.h"

namespace idun::app {

Result<store::Tables> role_tables(const RolePlace& place, const store::Snapshot& snapshot);
// Of its tables whose rows have changed their form.
std::vector<store::FormChange> role_forms(const RolePlace& place);
Result<store::ScanReport> scan_role(const RolePlace& place, const store::Snapshot& snapshot, const store::ScanPace& pace);

}  // namespace idun::app
