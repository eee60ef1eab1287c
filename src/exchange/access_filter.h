// Which lines of a person's list of accesses somebody asks for.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/line_head.h"
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
    std::vector<std::string> data_providers = {}; // whose data were asked for
    std::vector<std::string> origins = {};        // as origin_of() says
    std::vector<std::string> categories = {};     // of one of the records
    std::vector<std::string> purposes = {};
    std::optional<bool> break_glass = {};
    std::optional<bool> permit = {};
    // Of whom the rules may keep entries: "representative" or "supervisor"; "": of nobody, and then no table is needed.
    std::string reader = {};
    const rights::RuleTable* rules = nullptr;  // lives as long as the filter

    // All but what records say, which a gathering has only with its parts: their categories, and whose data they are.
    bool admits(const ledger::Access& access, std::string_view log_id) const;
    bool admits_categories(const ledger::Access& access) const;
    bool admits_data_providers(const ledger::Access& access, std::string_view log_id) const;
    bool admits_records(const ledger::Access& access, std::string_view log_id) const {
        return admits_categories(access) && admits_data_providers(access, log_id);
    }
    // Whether the rules leave anything out of this reader's lists.
    bool leaves_out_any() const;
    // Nor whether the rules leave it out of this reader's lists.
    bool leaves_out(const ledger::Access& access, std::string_view log_id) const;
    // The same for a gathering by LineHead::parts_categories, which are of more parts than a list shows records of. A head alone
    // cannot tell: it says neither who asked in which role nor from which country.
    bool leaves_out_parts(const ledger::Access& gathering, std::string_view log_id, std::uint8_t bits) const;
};

// The same from the heads of rows: cheap, and wrong only where it admits too much.
class HeadFilter {
public:
    // `known_logs`: of which something may be here; needed when the filter names logs, by their owners.
    HeadFilter(const AccessFilter& filter, const std::vector<std::string>& known_logs);
    // `log`: as the row's place names it.
    bool may_admit(const LineHead& head, std::string_view log) const;
    // Parts of the gathering are of a category that is asked for, for certain.
    bool has_part_of(const LineHead& head) const { return (head.parts_categories & categories_ & ~kOtherCategory) != 0; }

private:
    std::uint32_t actions_ = 0;  // bits
    std::uint8_t categories_ = 0;
    std::vector<std::uint32_t> users_, providers_;
    std::vector<std::uint16_t> purposes_;
    bool all_logs_;
    std::vector<std::string> logs_;
    std::optional<bool> break_glass_, permit_;
};

}  // namespace idun::exchange
