// Which rule of the national table holds for an entry of a log: how long it is kept, and from whose lists it is left out.
// docs/formats/rule-table.md, "Logs".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/entry.h"
#include "rights/rule_table.h"

namespace idun::exchange {

inline constexpr std::string_view kStandardRule = rights::kStandardLogRow;

// "break-glass", "abroad", "self", "own" (provider) or "other": the first that is true of the access. `owner` is the log's.
inline constexpr std::string_view kOrigins[] = {"break-glass", "abroad", "self", "own", "other"};
std::string_view origin_of(const ledger::Access& access, std::string_view owner);

struct LogPolicy {
    std::string_view rule = kStandardRule;  // its name in the table
    std::uint32_t years = 0;
};
// Of an entry with records of several categories the rule counts that keeps it longest. Lives as long as the table.
LogPolicy policy_of(const rights::RuleTable& table, const ledger::Access& access, std::string_view owner);
// Whether the entry is left out of the lists of that role: any of its categories suffices. Never for the person herself.
bool hidden_from(const rights::RuleTable& table, const ledger::Access& access, std::string_view owner, std::string_view role);

}  // namespace idun::exchange
