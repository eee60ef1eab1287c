// Which log a node writes, and how an operator goes on after its disk was set back (docs/decisions/0046-set-back.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/node_role.h"
#include "base/random.h"
#include "base/time.h"

namespace idun::app {

struct NodeLog {
    std::string folder;
    std::string id;
};
// The newest of the node's logs: "log", or "log-N" with the highest N.
Result<NodeLog> current_log(const std::string& node_folder, const std::string& provider);
// All that lie there, the oldest first.
Result<std::vector<NodeLog>> all_logs(const std::string& node_folder, const std::string& provider);

struct RenewedLog {
    std::string closed;
    std::string log_id;           // that goes on
    std::uint64_t lost = 0;       // entries that the hub has and the disk has not
    std::uint64_t carried = 0;    // entries that the hub had not got, written again
};
// Begins the log that follows the node's, which must have been set back; the node must not run. `conflict` when it does, or
// when the hub has nothing that the log has not; `unavailable` when the hub does not answer.
Result<RenewedLog> renew_log(const NodeOptions& node, const Clock& clock, Random& random);

}  // namespace idun::app
