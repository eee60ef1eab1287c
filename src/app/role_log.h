// The logs of a role: which one it writes, which it has closed, and how the next one begins
// (docs/decisions/0046-set-back.md; node_log.h and hub_log.h say when).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/signing.h"
#include "ledger/closed_log.h"
#include "ledger/ledger.h"
#include "ledger/succession.h"

namespace idun::app {

struct RoleLog {
    std::string folder;
    std::string id;
};
// All that lie in the role's folder, the oldest first.
Result<std::vector<RoleLog>> all_logs(const std::string& role_folder, const std::string& owner);
// Those that it has closed, the oldest first, and the one it writes. A first one whose disk was lost may be missing.
Result<std::pair<std::vector<RoleLog>, RoleLog>> logs_of(const std::string& role_folder, const std::string& owner);
// The one it writes, the newest: "log", or "log-N" with the highest N.
Result<RoleLog> current_log(const std::string& role_folder, const std::string& owner);
// Those that it has closed, for proofs. `keys`: with which it has signed them.
Result<std::vector<std::shared_ptr<const ledger::ClosedLog>>> closed_logs(const std::string& role_folder,
                                                                          const std::string& owner,
                                                                          const crypto::KeySet& keys);

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

}  // namespace idun::app
