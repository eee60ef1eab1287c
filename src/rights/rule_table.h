// National choices as data: what the Regulation leaves to each country. Bytes: docs/formats/rule-table.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/security_label.h"
#include "rights/request.h"

namespace idun::rights {

// A list of words; "*" stands for every word.
using Words = std::vector<std::string>;
bool names(const Words& words, std::string_view word);

// What a profession or task may read; "*" is for all that have no row of their own.
struct TaskRow {
    std::string task = {};
    Words categories = {};  // of records that it may read
    fhir::LabelSet hidden_labels = {};
    friend bool operator==(const TaskRow&, const TaskRow&) = default;
};

// What parents and guardians do not see of a person of this age, in whole years from `from_age` to before `to_age`.
struct MinorRow {
    std::uint8_t from_age = 0;
    std::uint8_t to_age = 0;
    Words hidden_categories = {};
    fhir::LabelSet hidden_labels = {};
    friend bool operator==(const MinorRow&, const MinorRow&) = default;
};

// The name of the rule for accesses that no row names; rows are called otherwise.
inline constexpr std::string_view kStandardLogRow = "standard";

// How long what a log says of an access is kept, and in which lists of it she herself is not the reader it is left out. The first row
// that names origin and category of the entry counts.
struct LogRow {
    std::string name = {};         // a word, named in the report
    Words origins = {"*"};         // "break-glass", "abroad", "self", "own", "other": where it came from
    Words categories = {"*"};      // of records that it names; an entry without records is named by "*" only
    std::uint32_t years = 5;       // at least kLogYearsMin
    Words hidden_from = {};        // of "representative", "supervisor": whose lists leave it out
    friend bool operator==(const LogRow&, const LogRow&) = default;
};
inline constexpr std::uint32_t kLogYearsMin = 3;  // EHDS article 9(2)

struct RuleTable {
    std::string version = "plain";  // named wherever a decision is logged

    // Who is staff, and what is care.
    std::uint32_t care_purposes =
        bit(Purpose::TREAT) | bit(Purpose::ETREAT) | bit(Purpose::CAREMGT) | bit(Purpose::COC);
    std::uint32_t care_roles = bit(Role::clinician);
    std::uint32_t own_roles = bit(Role::clinician) | bit(Role::system) | bit(Role::administrator);
    std::uint8_t assurance_min = 0;
    bool care_relation_required = true;
    // What a node's bookings and encounters show: care that ended at most so many days before, or begins so many days after.
    std::uint32_t care_known_days_before = 365;
    std::uint32_t care_known_days_after = 60;
    std::uint32_t care_check_hours = 24;  // after a declared relation the hub asks what shows it
    std::vector<TaskRow> tasks = {};  // empty: every task reads everything

    // Opt-out.
    bool opt_out_hides_from_person = false;  // EHDS Art. 10(1) read strictly
    bool opt_out_breakable = false;

    // Break-glass and lifts.
    std::uint32_t break_glass_minutes = 60;
    bool break_glass_needs_care_relation = true;
    bool break_glass_opens_abroad_blocks = false;
    bool break_glass_needs_second_person = false;
    std::uint32_t second_person_minutes = 15;  // within which she confirms
    std::uint32_t lift_days_max = 7;

    // Questions from abroad: countries that may ask, and for what. None may unless named.
    Words border_countries = {};
    Words border_categories = {"*"};

    // Parents, guardians, and what is shown to the person later.
    std::vector<MinorRow> minors = {};
    std::uint8_t guardian_until_age = 18;  // of those whose mandate names the day of birth
    bool delay_allowed = true;
    Words delay_categories = {"*"};
    std::uint32_t delay_days_max = 14;  // for whoever stores the delay

    std::uint32_t lease_hours = 24;  // of a node's copy of the facts
    // Of one person.
    std::uint32_t choices_at_once_max = 500;  // blocks, lifts and mandates
    std::uint32_t choices_of_day_max = 200;   // that begin within 24 hours
    std::uint32_t messages_years = 3;         // for which she keeps what she was told
    std::vector<LogRow> logs = {};            // what none of them names is kept for log_years and shown to everybody who may
    std::uint32_t log_years = 5;
    // Of what a block may name: "provider", "unit", "category", "element", "entry", "period". For the register.
    Words granularity = {"*"};

    template <typename Enum>
    static constexpr std::uint32_t bit(Enum value) {
        return 1u << static_cast<unsigned>(value);
    }
    friend bool operator==(const RuleTable&, const RuleTable&) = default;
};

// The row that counts; null: none does. An entry has one category at a time: of several the one that is kept longest counts.
const LogRow* log_row(const RuleTable& table, std::string_view origin, std::string_view category);

// Strict: `invalid` names what is wrong. Every member but the version may be absent, none may be unknown.
Result<RuleTable> rule_table_from_json(std::string_view json);

// The built-in table: data/rules/sweden.json.
RuleTable sweden();

}  // namespace idun::rights
