#include "exchange/log_policy.h"

#include <algorithm>
#include <set>

namespace idun::exchange {
namespace {

// Those of its records; of an entry without any the one that no row names.
std::set<std::string_view> categories_of(const ledger::Access& access) {
    std::set<std::string_view> out;
    for (const ledger::Record& record : access.records) out.insert(record.category);
    if (out.empty()) out.insert("");
    return out;
}

}  // namespace

std::string_view origin_of(const ledger::Access& access, std::string_view owner) {
    if (access.break_glass) return "break-glass";
    if (!access.country.empty()) return "abroad";
    if (access.requester.role == "patient" || access.requester.role == "representative") return "self";
    return access.requester.provider_id.empty() || access.requester.provider_id == owner ? "own" : "other";
}

LogPolicy policy_of(const rights::RuleTable& table, const ledger::Access& access, std::string_view owner) {
    const std::string_view origin = origin_of(access, owner);
    LogPolicy out;
    for (const std::string_view category : categories_of(access)) {
        const rights::LogRow* row = rights::log_row(table, origin, category);
        const LogPolicy one = row ? LogPolicy{row->name, row->years} : LogPolicy{kStandardRule, table.log_years};
        if (one.years > out.years) out = one;
    }
    return out;
}

bool hidden_from(const rights::RuleTable& table, const ledger::Access& access, std::string_view owner, std::string_view role) {
    const std::string_view origin = origin_of(access, owner);
    const auto categories = categories_of(access);
    return std::any_of(categories.begin(), categories.end(), [&](std::string_view category) {
        const rights::LogRow* row = rights::log_row(table, origin, category);
        return row && std::find(row->hidden_from.begin(), row->hidden_from.end(), role) != row->hidden_from.end();
    });
}

}  // namespace idun::exchange
