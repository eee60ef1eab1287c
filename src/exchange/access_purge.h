// What the hub lets go of the list of accesses: each entry when the rule for its origin and category says that its time is up,
// and how much went by which rule. Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <string>
#include <vector>

#include "exchange/access_rows.h"
#include "exchange/log_policy.h"

namespace idun::exchange {

// A year is 366 days here, so that three are never less than the law's.
std::chrono::milliseconds kept_for(std::uint32_t years);

// Looks at no more than `entries_max` entries of the log for each number of years that the table has, the oldest first, and goes on there
// the next time; with another version of the table it begins anew. How many it has looked at.
Result<std::size_t> purge_log(Draft& draft, const rights::RuleTable& table, std::string_view log_id, Instant now,
                              std::size_t entries_max);

struct PurgedByRule {
    std::string rule;
    std::uint64_t entries = 0;
    Instant newest;  // of those that went
};
Result<std::vector<PurgedByRule>> purged_by_rule(const store::Snapshot& snapshot);

}  // namespace idun::exchange
