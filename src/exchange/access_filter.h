// Which lines of a person's list of accesses somebody asks for.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/entry.h"
#include "rights/rule_table.h"

namespace idun::exchange {

// Every member that is not empty must be met; of a list one of its words.
struct AccessFilter {
    std::int64_t from_ms = 0;  // of the time of the entry, included
    std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
    std::vector<ledger::Action> actions = {};
    std::vector<std::string> logs = {};           // where it happened
    std::vector<std::string> users = {};          // who asked, by user id
    std::vector<std::string> providers = {};      // where she works
    std::vector<std::string> categories = {};     // of one of the records
    std::vector<std::string> purposes = {};
    std::optional<bool> break_glass = {};
    std::optional<bool> permit = {};
    // Of whom the rules may keep entries: "representative" or "supervisor"; "": of nobody, and then no table is needed.
    std::string reader = {};
    const rights::RuleTable* rules = nullptr;  // lives as long as the filter

    // All but the categories, which a gathering has only with its parts.
    bool admits(const ledger::Access& access, std::string_view log_id) const;
    bool admits_categories(const ledger::Access& access) const;
    // Nor whether the rules leave it out of this reader's lists.
    bool leaves_out(const ledger::Access& access, std::string_view log_id) const;
    // Cheap, from the entry's line: false only when admits() and admits_categories() would not both hold.
    bool may_admit(std::string_view line) const;
};

}  // namespace idun::exchange
