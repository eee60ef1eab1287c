// A role's own log keeps each entry as long as the national rules say (docs/formats/rule-table.md, "Logs"): the year until which its key
// is kept follows from its origin and category, and once a day the keys whose year has passed are forgotten.
#pragma once

#include <memory>
#include <string>

#include "base/rounds.h"
#include "ledger/ledger.h"
#include "rights/rule_table.h"

namespace idun::app {

// `rules` live as long as the ledger that is opened with these.
ledger::Options log_options(const rights::RuleTable& rules, const std::string& owner);
// The same with another time between map roots.
ledger::Options with_map_every(ledger::Options options, std::chrono::milliseconds every);

// What is passed by reference lives longer than the result.
std::unique_ptr<Rounds> keep_to_rules(ledger::Ledger& ledger, const rights::RuleTable& rules, const Clock& clock);

}  // namespace idun::app
