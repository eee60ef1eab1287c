#include "exchange/access_rows.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kShortHashBytes = 8;
constexpr std::chrono::milliseconds kPartWithin{600'000};
const std::string kLogsPrefix = "logsknwnX";
const std::string kOlderPrefix = "logsknwnW";

tl::unexpected<Error> broken_row() { return fail(Category::corrupt, "a row of the accesses is malformed"); }

std::string short_hash(std::string_view text) {
    return std::string(crypto::sha256(text).view().substr(0, kShortHashBytes));
}

crypto::Hash log_hash(std::string_view log_id) { return crypto::sha256({"log ", log_id}); }

// Where a line stands in its person's list.
std::string place_of(const LoggedEntry& one) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(std::max<std::int64_t>(one.entry.access.time.ms, 0)));
    out += log_hash(one.log_id).view().substr(0, kShortHashBytes);
    append_be(out, one.entry.index);
    return out;
}

std::string part_key(const LoggedEntry& one) {
    const ledger::Access& access = one.entry.access;
    std::string out = part_prefix(*access.person, access.request_id);
    out += log_hash(one.log_id).view().substr(0, kShortHashBytes);
    append_be(out, one.entry.index);
    return out;
}

std::string gathering_key(const ledger::Access& access) {
    return store::person_key(*access.person, 'G') + short_hash(access.request_id);
}

struct GatheringRow {
    Instant time;
    std::string request_id;
    std::string user_id;
    std::string line;  // key of the line that stands for it
};

std::string encode(const GatheringRow& row) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(row.time.ms));
    for (const std::string* text : {&row.request_id, &row.user_id, &row.line}) append_text(out, *text);
    return out;
}

Result<std::optional<GatheringRow>> gathering_of(const Draft& draft, const ledger::Access& access) {
    TRY_ASSIGN(const auto value, draft.get(gathering_key(access)));
    if (!value) return std::optional<GatheringRow>();
    ByteReader reader(*value);
    GatheringRow row;
    row.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    for (std::string* text : {&row.request_id, &row.user_id, &row.line}) *text = reader.text();
    if (!reader.done()) return broken_row();
    if (row.request_id != access.request_id) return std::optional<GatheringRow>();  // of another with the same hash
    return std::optional<GatheringRow>(std::move(row));
}

// The hub asked this for the gathering, as far as the entry tells.
bool belongs(const ledger::Access& access, const GatheringRow& gathering) {
    return access.requester.user_id == gathering.user_id && access.time <= gathering.time + kPartWithin &&
           gathering.time <= access.time + kPartWithin;
}

// The key of the row that holds the entry about a person.
Result<std::string> row_about(Draft& draft, const LoggedEntry& one, const std::string& value, bool own) {
    const ledger::Access& access = one.entry.access;
    std::string line = list_prefix(*access.person) + place_of(one);
    if (access.request_id.empty()) return line;
    if (own && access.action == ledger::Action::gather && access.permit) {
        TRY_ASSIGN(const auto before, gathering_of(draft, access));
        if (before) draft.erase(before->line);
        draft.put(gathering_key(access), encode(GatheringRow{access.time, access.request_id, access.requester.user_id, line}));
        if (!is_begun(access)) return line;
        draft.put(std::move(line), value);  // until the end takes its place
        return part_key(one);
    }
    if (own || access.ticket_id.empty()) return line;
    TRY_ASSIGN(const auto gathering, gathering_of(draft, access));
    return gathering && belongs(access, *gathering) ? part_key(one) : line;
}

}  // namespace

std::string list_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'L'); }

std::string part_prefix(const crypto::Pseudonym& person, std::string_view request_id) {
    return store::person_key(person, 'P') + short_hash(request_id);
}

std::string user_prefix(std::string_view user_id) {
    const crypto::Hash hash = crypto::sha256({"user ", user_id});
    return store::person_key(*crypto::Pseudonym::from(hash.view().substr(0, crypto::kPseudonymBytes)), 'U');
}

std::string log_key(std::string_view log_id, char table) {
    const crypto::Hash hash = log_hash(log_id);
    return store::person_key(*crypto::Pseudonym::from(hash.view().substr(0, crypto::kPseudonymBytes)), table);
}

std::string entry_key(std::string_view log_id, std::uint64_t index) {
    std::string out = log_key(log_id, 'E');
    append_be(out, index);
    return out;
}

std::string progress_key(std::string_view log_id) { return kLogsPrefix + std::string(log_id); }

bool is_begun(const ledger::Access& access) {
    return access.action == ledger::Action::gather && access.permit &&
           std::any_of(access.sources.begin(), access.sources.end(), [](const auto& s) { return s.state == "asked"; });
}

Result<bool> add_entry(Draft& draft, const LoggedEntry& one, bool own) {
    TRY_ASSIGN(const std::string line, ledger::to_line(one.entry));
    std::string value;
    append_text(value, one.log_id);
    value += line;
    std::string where(one.entry.hash.view());
    bool part = false;
    if (one.entry.access.person) {
        TRY_ASSIGN(std::string key, row_about(draft, one, value, own));
        append_text(where, key);
        if (const std::string& user = one.entry.access.requester.user_id; !user.empty())
            draft.put(user_prefix(user) + place_of(one), one.log_id);
        part = !key.starts_with(list_prefix(*one.entry.access.person));
        draft.put(std::move(key), std::move(value));
    } else {
        append_text(where, "");
        where += value;
    }
    draft.put(entry_key(one.log_id, one.entry.index), std::move(where));
    return part;
}

Result<std::optional<LoggedEntry>> find_entry(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    TRY_ASSIGN(const auto where, draft.get(entry_key(log_id, index)));
    if (!where) return std::optional<LoggedEntry>();
    ByteReader reader(*where);
    reader.take(crypto::kHashBytes);
    const std::string key(reader.text());
    if (!reader.ok()) return broken_row();
    std::string value(reader.rest());
    if (!key.empty()) {
        TRY_ASSIGN(const auto row, draft.get(key));
        if (!row) return std::optional<LoggedEntry>();  // its time was up
        value = *row;
    }
    TRY_ASSIGN(LoggedEntry out, logged_entry_from(value));
    return std::optional<LoggedEntry>(std::move(out));
}

Result<bool> is_part(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    TRY_ASSIGN(const auto where, draft.get(entry_key(log_id, index)));
    if (!where) return false;
    ByteReader reader(*where);
    reader.take(crypto::kHashBytes);
    const std::string_view key = reader.text();
    return key.size() > store::kPartitionBytes && key[store::kPartitionBytes] == 'P';
}

Result<std::vector<std::string>> known_logs(const store::Snapshot& snapshot) {
    std::vector<std::string> out;
    store::Range range = store::prefix_range(kLogsPrefix);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& row : chunk.entries) out.push_back(row.key.substr(kLogsPrefix.size()));
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

Status forget_rows(Draft& draft, const store::Entry& row, const LoggedEntry& one) {
    ByteReader reader(row.value);
    reader.take(crypto::kHashBytes);
    if (std::string key(reader.text()); !key.empty()) draft.erase(std::move(key));
    draft.erase(row.key);
    if (const std::string& user = one.entry.access.requester.user_id; one.entry.access.person && !user.empty())
        draft.erase(user_prefix(user) + place_of(one));
    if (!one.entry.access.person || one.entry.access.action != ledger::Action::gather) return {};
    TRY_ASSIGN(const auto gathering, gathering_of(draft, one.entry.access));
    const std::string line = list_prefix(*one.entry.access.person) + place_of(one);
    if (!gathering || gathering->line != line) return {};
    draft.erase(line);  // of one without an end
    draft.erase(gathering_key(one.entry.access));
    return {};
}

Result<LoggedEntry> logged_entry_from(std::string_view value) {
    ByteReader reader(value);
    LoggedEntry out;
    out.log_id = reader.text();
    auto entry = ledger::entry_from_line(reader.rest());
    if (!reader.ok() || !entry) return broken_row();
    out.entry = std::move(*entry);
    return out;
}

Result<LogProgress> progress_of(const Draft& draft, std::string_view log_id) {
    TRY_ASSIGN(const auto value, draft.get(progress_key(log_id)));
    if (!value) return LogProgress();
    return progress_from(*value);
}

Result<LogProgress> progress_from(std::string_view value) {
    ByteReader reader(value);
    LogProgress out;
    out.next = reader.be<std::uint64_t>();
    out.size = reader.be<std::uint64_t>();
    out.heard.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    if (const auto since = reader.be<std::uint64_t>()) out.behind_since = Instant{static_cast<std::int64_t>(since)};
    for (std::uint64_t* number : {&out.served.own, &out.served.tickets, &out.closed, &out.forgotten})
        *number = reader.be<std::uint64_t>();
    out.checkpoint = reader.text();
    out.successor = reader.text();
    const auto in_tree = reader.be<std::uint64_t>();
    std::vector<crypto::Hash> edge;
    for (int left = std::popcount(in_tree); left > 0 && reader.ok(); --left) {
        const auto hash = crypto::Hash::from(reader.take(crypto::kHashBytes));
        if (!hash) return broken_row();
        edge.push_back(*hash);
    }
    if (!reader.done()) return broken_row();
    out.tree = crypto::CompactRange::from(in_tree, std::move(edge));
    return out;
}

void put_progress(Draft& draft, std::string_view log_id, const LogProgress& progress) {
    std::string value;
    for (const std::uint64_t number :
         {progress.next, progress.size, static_cast<std::uint64_t>(progress.heard.ms),
          static_cast<std::uint64_t>(progress.behind_since.value_or(Instant{0}).ms), progress.served.own,
          progress.served.tickets, progress.closed, progress.forgotten})
        append_be(value, number);
    append_text(value, progress.checkpoint);
    append_text(value, progress.successor);
    append_be(value, progress.tree.size());
    for (const crypto::Hash& hash : progress.tree.edge()) value += hash.view();
    draft.put(progress_key(log_id), std::move(value));
}

namespace {

std::string count_key(const crypto::Pseudonym& person, std::string_view log_id) {
    return store::person_key(person, 'J') + std::string(log_hash(log_id).view().substr(0, kShortHashBytes));
}

}  // namespace

Result<std::optional<PersonCount>> person_count(const Draft& draft, const crypto::Pseudonym& person, std::string_view log_id) {
    TRY_ASSIGN(const auto value, draft.get(count_key(person, log_id)));
    if (!value) return std::optional<PersonCount>();
    ByteReader reader(*value);
    PersonCount out;
    out.sequence = reader.be<std::uint64_t>();
    out.index = reader.be<std::uint64_t>();
    if (!reader.done()) return broken_row();
    return std::optional<PersonCount>(out);
}

void put_person_count(Draft& draft, const crypto::Pseudonym& person, std::string_view log_id, const PersonCount& count) {
    std::string value;
    append_be(value, count.sequence);
    append_be(value, count.index);
    draft.put(count_key(person, log_id), std::move(value));
}

Status refuse_older_shape(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto rows, snapshot.scan(store::prefix_range(kOlderPrefix), {.entries_max = 1}));
    if (rows.entries.empty()) return {};
    return fail(Category::unsupported,
                "the hub's store holds accesses in an older shape, which this version does not read; begin with a new data folder");
}

}  // namespace idun::exchange
