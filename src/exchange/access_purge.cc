#include "exchange/access_purge.h"

#include <set>

#include "base/bytes.h"
#include "exchange/log_rows.h"
#include "exchange/tables.h"
#include "ledger/receipt.h"

namespace idun::exchange {
namespace {

const std::string kCursors = "logspurgC";  // + version, 0, years (1), log id: the first entry that was not looked at
const std::string kGone = "logspurgN";     // + rule: how many, newest time

std::string cursor_key(const rights::RuleTable& table, std::uint32_t years, std::string_view log_id) {
    return kCursors + table.version + '\0' + static_cast<char>(years) + std::string(log_id);
}

std::uint64_t index_in(const store::Entry& row) {
    return ByteReader(std::string_view(row.key).substr(row.key.size() - sizeof(std::uint64_t))).be<std::uint64_t>();
}

Result<PurgedByRule> gone_from(std::string rule, std::string_view value) {
    ByteReader reader(value);
    PurgedByRule out{.rule = std::move(rule), .entries = reader.be<std::uint64_t>(), .newest = {}};
    out.newest.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    if (!reader.done()) return fail(Category::corrupt, "a row of what was let go of is malformed");
    return out;
}

Status count_gone(Draft& draft, std::string_view rule, Instant time) {
    const std::string key = kGone + std::string(rule);
    TRY_ASSIGN(const auto value, draft.get(key));
    PurgedByRule gone;
    if (value) {
        TRY_ASSIGN(gone, gone_from(std::string(rule), *value));
    }
    std::string out;
    append_be(out, gone.entries + 1);
    append_be(out, static_cast<std::uint64_t>(std::max(gone.newest, time).ms));
    draft.put(key, std::move(out));
    return {};
}

// Everything that is kept for so many years and whose time is up.
Result<std::size_t> purge_class(Draft& draft, const rights::RuleTable& table, std::uint32_t years, std::string_view log_id,
                                Instant now, std::size_t entries_max) {
    const std::string place = cursor_key(table, years, log_id);
    TRY_ASSIGN(const auto value, draft.get(place));
    const std::uint64_t from = value ? ByteReader(*value).be<std::uint64_t>() : 0;
    store::Range range = store::prefix_range(log_key(log_id, 'E'));
    range.from = entry_key(log_id, from);
    TRY_ASSIGN(const auto oldest, draft.snapshot().scan(range, {.entries_max = entries_max}));
    std::uint64_t next = from;
    std::size_t looked = 0;
    for (const store::Entry& row : oldest.entries) {
        TRY_ASSIGN(const auto one, find_entry(draft, log_id, index_in(row)));
        const bool access = one && one->entry.open;  // what nobody can open says no time, and stays
        if (access && one->entry.access.time >= now - kept_for(years)) break;
        next = index_in(row) + 1;
        ++looked;
        if (!access) continue;
        const LogPolicy policy = policy_of(table, one->entry.access, ledger::owner_of(log_id));
        if (policy.years != years) continue;
        TRY(count_gone(draft, policy.rule, one->entry.access.time));
        TRY(forget_rows(draft, row, *one));
    }
    if (next == from) return looked;
    std::string cursor;
    append_be(cursor, next);
    draft.put(place, std::move(cursor));
    return looked;
}

}  // namespace

std::chrono::milliseconds kept_for(std::uint32_t years) { return std::chrono::hours(24 * 366) * years; }

Result<std::size_t> purge_log(Draft& draft, const rights::RuleTable& table, std::string_view log_id, Instant now,
                              std::size_t entries_max) {
    std::set<std::uint32_t> all{table.log_years};
    for (const rights::LogRow& row : table.logs) all.insert(row.years);
    std::size_t looked = 0;
    for (const std::uint32_t years : all) {
        TRY_ASSIGN(const std::size_t of_class, purge_class(draft, table, years, log_id, now, entries_max));
        looked += of_class;
    }
    return looked;
}

Result<std::vector<PurgedByRule>> purged_by_rule(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto rows, snapshot.scan(store::prefix_range(kGone), {.entries_max = 256}));
    std::vector<PurgedByRule> out;
    for (const store::Entry& row : rows.entries) {
        TRY_ASSIGN(out.emplace_back(), gone_from(row.key.substr(kGone.size()), row.value));
    }
    return out;
}

store::Tables purge_tables() {
    store::Tables out;
    out.push_back({.name = "logs.purged-until", .prefix = kCursors, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       const std::string_view place = key.substr(kCursors.size());
                       const std::size_t end = place.find('\0');
                       if (end == std::string_view::npos || place.size() < end + 3 || value.size() != sizeof(std::uint64_t))
                           return fail(Category::corrupt, "a row of what was let go of is malformed");
                       const std::uint64_t next = ByteReader(value).be<std::uint64_t>();
                       owed.row(progress_key(place.substr(end + 2)), [next](const store::Snapshot&, const auto& row) -> std::string_view {
                           const auto progress = row ? progress_from(*row) : Result<LogProgress>(fail(Category::not_found, ""));
                           return progress && next <= progress->next ? "" : "its log is not known, or has fewer entries";
                       });
                       return {};
                   }});
    out.push_back({.name = "logs.purged", .prefix = kGone, .check = [](std::string_view, std::string_view value, store::Owed&) -> Status {
                       TRY(gone_from("", value));
                       return {};
                   }});
    return out;
}

}  // namespace idun::exchange
