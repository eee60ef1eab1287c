// How the hub's operator goes on after its disk was set back (docs/decisions/0046-set-back.md).
#pragma once

#include "app/hub_role.h"
#include "app/role_log.h"
#include "exchange/access_view.h"

namespace idun::app {

// Begins the log that follows the hub's, which must have been set back: its witnesses or its own store hold a
// checkpoint that its key has signed and that is not in it. The hub must not run. `conflict` when it does, or when they
// know nothing more; `unavailable` when no witness answers and the store knows nothing more either.
Result<RenewedLog> renew_log(const HubOptions& hub, const Clock& clock, Random& random);

// The log of the hub's of which its store has listed more than there is, with how much (the root is not known);
// nothing: all is there. `newest`: the newest log that the store knows.
Result<std::optional<ledger::Checkpoint>> listed_and_lost(const exchange::AccessView& accesses, const ledger::Ledger& log,
                                                          const std::string& newest);
std::string set_back_in_words(const ledger::Checkpoint& lost, const ledger::Ledger& log);

}  // namespace idun::app
