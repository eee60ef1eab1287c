// How a node's operator goes on after its disk was set back (docs/decisions/0046-set-back.md; the hub's: hub_log.h).
#pragma once

#include "app/node_role.h"
#include "app/role_log.h"
#include "base/random.h"
#include "base/time.h"

namespace idun::app {

// Begins the log that follows the node's, which must have been set back; the node must not run. `conflict` when it
// does, or when the hub has nothing that the log has not; `unavailable` when the hub does not answer.
Result<RenewedLog> renew_log(const NodeOptions& node, const Clock& clock, Random& random);

}  // namespace idun::app
