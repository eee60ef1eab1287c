#include "exchange/withholding.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "exchange/tables.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

const std::string kAll = "logswithV";  // + time, key: nothing

std::uint64_t since_1970(Instant time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ms, 0)); }

std::string row_of(const Withholding& one) {
    std::string out;
    append_be(out, one.index);
    append_be(out, since_1970(one.since));
    append_be(out, since_1970(one.lifted.value_or(Instant{0})));
    for (const std::string* text : {&one.log_id, &one.reason, &one.decision, &one.by, &one.lifted_by})
        append_text(out, *text);
    if (one.until) append_be(out, since_1970(*one.until));  // rows of before end here
    return out;
}

Result<Withholding> withholding_from(std::string_view row) {
    ByteReader reader(row);
    Withholding out;
    out.index = reader.be<std::uint64_t>();
    out.since.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    if (const auto lifted = reader.be<std::uint64_t>()) out.lifted = Instant{static_cast<std::int64_t>(lifted)};
    for (std::string* text : {&out.log_id, &out.reason, &out.decision, &out.by, &out.lifted_by}) *text = reader.text();
    if (!reader.rest().empty()) out.until = Instant{static_cast<std::int64_t>(reader.be<std::uint64_t>())};
    if (!reader.done()) return fail(Category::corrupt, "a row of withheld accesses is malformed");
    return out;
}

std::string list_key(const std::string& key, Instant since) {
    std::string out = kAll;
    append_be(out, since_1970(since));
    return out + key;
}

}  // namespace

std::string gathering_withholding_key(const crypto::Pseudonym& person, std::string_view request_id) {
    return store::person_key(person, 'V') + "G" + std::string(request_id);
}

std::string line_withholding_key(const LoggedEntry& line, std::string_view hub_log) {
    const ledger::Access& access = line.entry.access;
    const bool gathering = ledger::owner_of(line.log_id) == ledger::owner_of(hub_log) &&
                           access.action == ledger::Action::gather && access.permit;
    if (gathering && !access.request_id.empty()) return gathering_withholding_key(*access.person, access.request_id);
    std::string out = store::person_key(*access.person, 'V');
    out += "E" + line.log_id + '\0';
    append_be(out, line.entry.index);
    return out;
}

Result<std::string> withholding_key(const Draft& draft, const LoggedEntry& one, std::string_view hub_log) {
    const ledger::Access& access = one.entry.access;
    if (!access.person) return fail(Category::not_found, "no such access");
    TRY_ASSIGN(const bool part, is_part(draft, one.log_id, one.entry.index));
    if (part) return gathering_withholding_key(*access.person, access.request_id);
    return line_withholding_key(one, hub_log);
}

Status withhold(Draft& draft, const crypto::Pseudonym& person, const std::string& key, const Withholding& withholding) {
    IDUN_CHECK(key.starts_with(store::person_key(person, 'V')));
    TRY_ASSIGN(const auto row, draft.get(key));
    if (row) {
        TRY_ASSIGN(const Withholding before, withholding_from(*row));
        if (before.holds(withholding.since)) return fail(Category::conflict, "the access is withheld already");
        draft.put(list_key(key, before.since), *row);  // how it was stays
    }
    draft.put(key, row_of(withholding));
    draft.put(list_key(key, withholding.since), "");
    return {};
}

Status lift(Draft& draft, const std::string& key, Instant now, std::string decision) {
    TRY_ASSIGN(const auto row, draft.get(key));
    if (!row) return fail(Category::conflict, "the access is not withheld");
    TRY_ASSIGN(Withholding one, withholding_from(*row));
    if (!one.holds(now)) return fail(Category::conflict, "the access is not withheld");
    one.lifted = now;
    one.lifted_by = std::move(decision);
    draft.put(key, row_of(one));
    return {};
}

Result<std::set<std::string>> withheld_of(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                          Instant now) {
    std::set<std::string> out;
    store::Range range = store::prefix_range(store::person_key(person, 'V'));
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& row : chunk.entries) {
            TRY_ASSIGN(const Withholding one, withholding_from(row.value));
            if (one.holds(now)) out.insert(row.key);
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

Result<std::vector<Withholding>> withholdings(const store::Snapshot& snapshot, std::size_t count_max) {
    std::vector<Withholding> out;
    store::Range range = store::prefix_range(kAll);
    range.reverse = true;
    for (bool more = true; more && out.size() < count_max;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = count_max - out.size()}));
        for (const store::Entry& row : chunk.entries) {
            std::optional<std::string> value(row.value);
            if (row.value.empty()) {
                TRY_ASSIGN(value, snapshot.get(row.key.substr(kAll.size() + sizeof(std::uint64_t))));
                if (!value) continue;
            }
            TRY_ASSIGN(out.emplace_back(), withholding_from(*value));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

namespace {

void whose_listed(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found) {
    store::whose_row(key.substr(std::min(key.size(), kAll.size() + sizeof(std::uint64_t))), found);
}

}  // namespace

store::Tables withholding_tables() {
    store::Tables out;
    out.push_back({.name = "accesses.withheld", .letter = 'V', .whose = store::whose_row, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       TRY_ASSIGN(const Withholding one, withholding_from(value));
                       if (key.size() < kBareKeyBytes + 2) return fail(Category::corrupt, "a row of withheld accesses is malformed");
                       owed.row(list_key(std::string(key), one.since), std::string(), "its row in the list of all is missing");
                       return store::encodes_to_itself(row_of(one), value);
                   }});
    out.push_back({.name = "withheld.all", .prefix = kAll, .whose = whose_listed, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       const std::size_t head = kAll.size() + sizeof(std::uint64_t);
                       if (key.size() <= head + kBareKeyBytes) return fail(Category::corrupt, "a row of withheld accesses is malformed");
                       const std::uint64_t since = number_at_end(key.substr(0, head));
                       const bool now = value.empty();
                       owed.row(std::string(key.substr(head)), [since, now](const store::Snapshot&, const auto& row) -> std::string_view {
                           const auto one = row ? withholding_from(*row) : Result<Withholding>(fail(Category::not_found, ""));
                           return one && (!now || since_1970(one->since) == since) ? "" : "what it lists is missing, or began at another time";
                       });
                       if (now) return {};
                       TRY_ASSIGN(const Withholding before, withholding_from(value));
                       if ((!before.lifted && !before.until) || since_1970(before.since) != since)
                           return fail(Category::corrupt, "a row of withheld accesses is malformed");
                       return store::encodes_to_itself(row_of(before), value);
                   }});
    return out;
}

}  // namespace idun::exchange
