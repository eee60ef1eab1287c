// How the hub's operator goes on after its disk was set back (docs/decisions/0046-set-back.md).
#pragma once

#include "app/hub_role.h"
#include "app/node_log.h"

namespace idun::app {

// Begins the log that follows the hub's, which must have been set back: its witnesses or its own store hold a
// checkpoint that its key has signed and that is not in it. The hub must not run. `conflict` when it does, or when they
// know nothing more; `unavailable` when no witness answers and the store knows nothing more either.
Result<RenewedLog> renew_log(const HubOptions& hub, const Clock& clock, Random& random);

}  // namespace idun::app
