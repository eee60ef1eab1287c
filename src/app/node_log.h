// Which log a role writes, and how a node's operator goes on after its disk was set back
// (docs/decisions/0046-set-back.md; the hub's: hub_log.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/node_role.h"
#include "base/random.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include "ledger/succession.h"

namespace idun::app {

struct NodeLog {
    std::string folder;
    std::string id;
};
// The newest of a role's logs: "log", or "log-N" with the highest N.
Result<NodeLog> current_log(const std::string& role_folder, const std::string& owner);
// All that lie there, the oldest first.
Result<std::vector<NodeLog>> all_logs(const std::string& role_folder, const std::string& owner);

struct RenewedLog {
    std::string closed;
    std::string log_id;         // that goes on
    std::uint64_t lost = 0;     // entries that others have and the disk has not
    std::uint64_t carried = 0;  // entries that others had not got, written again
};
// Begins the log that follows `log` with its first entry and, again, what `log` has from `carry_from` on. A crash
// leaves all of it or nothing. `options`: how long keys are kept in it.
Status begin_log_after(const ledger::Ledger& log, const std::string& role_folder, const ledger::Succession& before,
                       std::uint64_t carry_from, const crypto::SigningKey& key, const Clock& clock,
                       const ledger::Options& options, RenewedLog& out);
// Begins the log that follows the node's, which must have been set back; the node must not run. `conflict` when it
// does, or when the hub has nothing that the log has not; `unavailable` when the hub does not answer.
Result<RenewedLog> renew_log(const NodeOptions& node, const Clock& clock, Random& random);

}  // namespace idun::app
