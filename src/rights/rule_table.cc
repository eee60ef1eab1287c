#include "rights/rule_table.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "json/document.h"
#include "rights/internal/embedded.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = 64u << 10, .depth_max = 4, .nodes_max = 4096};
constexpr std::size_t kWordsMax = 64;  // of a list
constexpr std::size_t kRowsMax = 64;   // of a table
constexpr std::size_t kWordBytesMax = 64;
constexpr std::uint8_t kAgeMax = 120;

tl::unexpected<Error> malformed(std::string_view name, std::string_view what) {
    return fail(Category::invalid, "rule table: " + std::string(name) + " " + std::string(what));
}

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= kWordBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Status read_flag(std::string_view name, json::Value value, bool& out) {
    if (value.kind() != json::Kind::boolean) return malformed(name, "must be true or false");
    out = value.boolean();
    return {};
}

template <typename Number>
Status read_number(std::string_view name, json::Value value, std::uint32_t least, std::uint32_t most, Number& out) {
    const std::string_view digits = value.text();
    std::uint32_t read = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read);
    if (value.kind() != json::Kind::number || error != std::errc() || end != digits.data() + digits.size() ||
        read < least || read > most)
        return malformed(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    out = static_cast<Number>(read);
    return {};
}

Status read_word(std::string_view name, json::Value value, std::string& out) {
    if (!value.is_string() || !is_word(value.text())) return malformed(name, "must be a word");
    out = value.text();
    return {};
}

bool any_word(std::string_view) { return true; }
bool is_country(std::string_view text) {
    return text == "*" ||
           (text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
}
bool is_grain(std::string_view text) {
    constexpr std::string_view kGrains[] = {"*", "provider", "unit", "category", "element", "entry", "period"};
    return std::find(std::begin(kGrains), std::end(kGrains), text) != std::end(kGrains);
}
bool is_origin(std::string_view text) {
    constexpr std::string_view kOrigins[] = {"*", "break-glass", "abroad", "self", "own", "other"};
    return std::find(std::begin(kOrigins), std::end(kOrigins), text) != std::end(kOrigins);
}
bool is_other_reader(std::string_view text) { return text == "representative" || text == "supervisor"; }

Status read_words(std::string_view name, json::Value value, bool (*known)(std::string_view), Words& out) {
    if (!value.is_array() || value.size() > kWordsMax) return malformed(name, "must be a list of at most 64 words");
    out.clear();
    for (const json::Value one : value.elements()) {
        if (!one.is_string() || !is_word(one.text()) || !known(one.text()))
            return malformed(name, "holds an unknown word");
        out.emplace_back(one.text());
    }
    return {};
}

Status read_labels(std::string_view name, json::Value value, fhir::LabelSet& out) {
    if (!value.is_array()) return malformed(name, "must be a list");
    out = {};
    for (const json::Value one : value.elements()) {
        const auto label = fhir::security_label(one.is_string() ? one.text() : std::string_view());
        if (!label) return malformed(name, "holds an unknown label");
        out |= *label;
    }
    return {};
}

template <typename Enum>
Status read_set(std::string_view name, json::Value value, Enum (*parse)(std::string_view), std::uint32_t& out) {
    if (!value.is_array()) return malformed(name, "must be a list");
    out = 0;
    for (const json::Value one : value.elements()) {
        const Enum parsed = one.is_string() ? parse(one.text()) : Enum::other;
        if (parsed == Enum::other) return malformed(name, "holds an unknown code");
        out |= RuleTable::bit(parsed);
    }
    return {};
}

using Name = std::string_view;
using Value = json::Value;
// How one member is read; the name is for the error.
template <typename Out>
struct Reader {
    Name name;
    Status (*read)(Name, Value, Out&);
};

// An object or a row: every member by its reader, none unknown.
template <typename Out, std::size_t Size>
Status read_object(Name name, Value value, const Reader<Out> (&readers)[Size], Out& out) {
    if (!value.is_object()) return malformed(name, "must be an object");
    for (const json::Member& member : value.members()) {
        const auto* const found = std::find_if(std::begin(readers), std::end(readers),
                                               [&](const auto& reader) { return reader.name == member.name; });
        if (found == std::end(readers)) return malformed(name, "has a member that is not known");
        TRY(found->read(found->name, member.value, out));
    }
    return {};
}

template <typename Row, std::size_t Size>
Status read_rows(Name name, Value value, const Reader<Row> (&readers)[Size], std::vector<Row>& out) {
    if (!value.is_array() || value.size() > kRowsMax) return malformed(name, "must be a list of at most 64 rows");
    out.clear();
    for (const json::Value one : value.elements()) TRY(read_object(name, one, readers, out.emplace_back()));
    return {};
}

constexpr Reader<TaskRow> kTaskRow[] = {
    {"task", [](Name n, Value v, TaskRow& out) { return read_word(n, v, out.task); }},
    {"categories", [](Name n, Value v, TaskRow& out) { return read_words(n, v, any_word, out.categories); }},
    {"hidden-labels", [](Name n, Value v, TaskRow& out) { return read_labels(n, v, out.hidden_labels); }},
};
constexpr Reader<MinorRow> kMinorRow[] = {
    {"from-age", [](Name n, Value v, MinorRow& out) { return read_number(n, v, 0, kAgeMax, out.from_age); }},
    {"to-age", [](Name n, Value v, MinorRow& out) { return read_number(n, v, 0, kAgeMax, out.to_age); }},
    {"hidden-categories",
     [](Name n, Value v, MinorRow& out) { return read_words(n, v, any_word, out.hidden_categories); }},
    {"hidden-labels", [](Name n, Value v, MinorRow& out) { return read_labels(n, v, out.hidden_labels); }},
};
constexpr Reader<RuleTable> kBreakGlass[] = {
    {"minutes", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 1440, t.break_glass_minutes); }},
    {"needs-care-relation",
     [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.break_glass_needs_care_relation); }},
    {"opens-abroad-blocks",
     [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.break_glass_opens_abroad_blocks); }},
    {"second-person", [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.break_glass_needs_second_person); }},
    {"second-person-minutes",
     [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 120, t.second_person_minutes); }},
};
constexpr Reader<RuleTable> kBorder[] = {
    {"countries", [](Name n, Value v, RuleTable& t) { return read_words(n, v, is_country, t.border_countries); }},
    {"categories", [](Name n, Value v, RuleTable& t) { return read_words(n, v, any_word, t.border_categories); }},
};
constexpr Reader<RuleTable> kDelay[] = {
    {"allowed", [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.delay_allowed); }},
    {"categories", [](Name n, Value v, RuleTable& t) { return read_words(n, v, any_word, t.delay_categories); }},
    {"days-max", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 366, t.delay_days_max); }},
};
constexpr Reader<RuleTable> kCareKnown[] = {
    {"days-before", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 0, 3660, t.care_known_days_before); }},
    {"days-after", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 0, 3660, t.care_known_days_after); }},
    {"check-after-hours", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 0, 720, t.care_check_hours); }},
};
constexpr Reader<RuleTable> kChoices[] = {
    {"at-once-max", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 1000, t.choices_at_once_max); }},
    {"of-day-max", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 10000, t.choices_of_day_max); }},
};
constexpr Reader<LogRow> kLogRow[] = {
    {"name", [](Name n, Value v, LogRow& out) { return read_word(n, v, out.name); }},
    {"origins", [](Name n, Value v, LogRow& out) { return read_words(n, v, is_origin, out.origins); }},
    {"categories", [](Name n, Value v, LogRow& out) { return read_words(n, v, any_word, out.categories); }},
    {"years", [](Name n, Value v, LogRow& out) { return read_number(n, v, kLogYearsMin, 100, out.years); }},
    {"hidden-from", [](Name n, Value v, LogRow& out) { return read_words(n, v, is_other_reader, out.hidden_from); }},
};
constexpr Reader<RuleTable> kTable[] = {
    {"version", [](Name n, Value v, RuleTable& t) { return read_word(n, v, t.version); }},
    {"care-purposes", [](Name n, Value v, RuleTable& t) { return read_set(n, v, &purpose_from, t.care_purposes); }},
    {"care-roles", [](Name n, Value v, RuleTable& t) { return read_set(n, v, &role_from, t.care_roles); }},
    {"own-roles", [](Name n, Value v, RuleTable& t) { return read_set(n, v, &role_from, t.own_roles); }},
    {"assurance-min", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 0, 4, t.assurance_min); }},
    {"care-relation-required", [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.care_relation_required); }},
    {"care-known", [](Name n, Value v, RuleTable& t) { return read_object(n, v, kCareKnown, t); }},
    {"tasks", [](Name n, Value v, RuleTable& t) { return read_rows(n, v, kTaskRow, t.tasks); }},
    {"opt-out-hides-from-person",
     [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.opt_out_hides_from_person); }},
    {"opt-out-breakable", [](Name n, Value v, RuleTable& t) { return read_flag(n, v, t.opt_out_breakable); }},
    {"break-glass", [](Name n, Value v, RuleTable& t) { return read_object(n, v, kBreakGlass, t); }},
    {"lift-days-max", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 31, t.lift_days_max); }},
    {"border", [](Name n, Value v, RuleTable& t) { return read_object(n, v, kBorder, t); }},
    {"minors", [](Name n, Value v, RuleTable& t) { return read_rows(n, v, kMinorRow, t.minors); }},
    {"guardian-until-age",
     [](Name n, Value v, RuleTable& t) { return read_number(n, v, 0, kAgeMax, t.guardian_until_age); }},
    {"delay", [](Name n, Value v, RuleTable& t) { return read_object(n, v, kDelay, t); }},
    {"lease-hours", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 720, t.lease_hours); }},
    {"choices", [](Name n, Value v, RuleTable& t) { return read_object(n, v, kChoices, t); }},
    {"messages-years", [](Name n, Value v, RuleTable& t) { return read_number(n, v, 1, 100, t.messages_years); }},
    {"logs", [](Name n, Value v, RuleTable& t) { return read_rows(n, v, kLogRow, t.logs); }},
    {"log-years", [](Name n, Value v, RuleTable& t) { return read_number(n, v, kLogYearsMin, 100, t.log_years); }},
    {"granularity", [](Name n, Value v, RuleTable& t) { return read_words(n, v, is_grain, t.granularity); }},
};

Status check(const RuleTable& table) {
    // Patients come in by the person's rule; nobody becomes staff by a slip in this table.
    constexpr std::uint32_t kNeverStaff = RuleTable::bit(Role::patient) | RuleTable::bit(Role::representative);
    if (((table.care_roles | table.own_roles) & kNeverStaff) != 0)
        return malformed("care-roles and own-roles", "hold staff, not patients and representatives");
    std::set<std::string_view> tasks;
    for (const TaskRow& row : table.tasks)
        if (row.task.empty() || !tasks.insert(row.task).second)
            return malformed("tasks", "must name each task, and once");
    for (const MinorRow& row : table.minors)
        if (row.from_age >= row.to_age) return malformed("minors", "must have from-age below to-age");
    std::set<std::string_view> logs{kStandardLogRow};  // of what no row names
    for (const LogRow& row : table.logs)
        if (row.name.empty() || !logs.insert(row.name).second)
            return malformed("logs", "must name each row, once, and none \"standard\"");
    return {};
}

}  // namespace

bool names(const Words& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& one) { return one == word || one == "*"; });
}

const LogRow* log_row(const RuleTable& table, std::string_view origin, std::string_view category) {
    const auto found = std::find_if(table.logs.begin(), table.logs.end(), [&](const LogRow& row) {
        return names(row.origins, origin) && names(row.categories, category);
    });
    return found == table.logs.end() ? nullptr : &*found;
}

Result<RuleTable> rule_table_from_json(std::string_view text) {
    const auto document = json::Document::parse(text, kLimits);
    if (!document) return fail(document.error().within("rule table"));
    RuleTable out;
    TRY(read_object("the table", document->root(), kTable, out));
    if (!document->root()["version"]) return malformed("version", "is missing: the log names it");
    TRY(check(out));
    return out;
}

RuleTable sweden() {
    auto table = rule_table_from_json(embedded_rule_table());
    IDUN_CHECK(table.has_value());
    return std::move(*table);
}

}  // namespace idun::rights
