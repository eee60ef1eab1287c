#include "exchange/access_rows.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "exchange/line_head.h"
#include "exchange/log_rows.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kShortHashBytes = 8;
constexpr std::chrono::milliseconds kPartWithin{600'000};
const std::string kAllLogsPrefix = "logsknwn";  // of whichever form
const std::string kLogsPrefixBefore = "logsknwnX";  // of an id of 8 letters its rows looked like pointers to the index
const std::string kFormKey = "logsformF";
const std::string kForm = "2";

tl::unexpected<Error> broken_row() { return fail(Category::corrupt, "a row of the accesses is malformed"); }

std::string short_hash(std::string_view text) {
    return std::string(crypto::sha256(text).view().substr(0, kShortHashBytes));
}

std::uint64_t time_of(const LoggedEntry& one) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(one.entry.access.time.ms, 0));
}

// Where a part stands among the parts of its gathering.
std::string part_place(const LoggedEntry& one) {
    std::string out = log_in_place(one.log_id);
    append_be(out, one.entry.index);
    return out;
}
// Where a line stands in its person's list.
std::string place_of(const LoggedEntry& one) {
    std::string out;
    append_be(out, time_of(one));
    return out + part_place(one);
}
std::string part_key(const LoggedEntry& one) {
    return part_prefix(*one.entry.access.person, one.entry.access.request_id) + part_place(one);
}

// Few bytes for small numbers.
void append_short(std::string& out, std::uint64_t number) {
    std::string bytes;
    append_be(bytes, number);
    bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size()));
    out += static_cast<char>(bytes.size());
    out += bytes;
}
std::uint64_t read_short(ByteReader& reader) {
    std::uint64_t out = 0;
    for (const char c : reader.take(reader.be<std::uint8_t>() % 9)) out = out << 8 | static_cast<std::uint8_t>(c);
    return out;
}

// What there is to say of an entry that cannot be opened.
void append_shut(std::string& out, const ledger::ShippedEntry& entry) {
    append_be(out, static_cast<std::uint8_t>(entry.kind));
    append_text(out, entry.decision);
}
bool read_shut(ByteReader& reader, ledger::ShippedEntry& entry) {
    const auto kind = reader.be<std::uint8_t>();
    entry.decision = reader.text();
    entry.kind = static_cast<ledger::Kind>(kind);
    return reader.ok() && kind >= static_cast<std::uint8_t>(ledger::Kind::person) &&
           kind <= static_cast<std::uint8_t>(ledger::Kind::forgotten);
}

bool is_list_key(std::string_view key) { return key.size() > store::kPartitionBytes && key[store::kPartitionBytes] == 'L'; }

// The value of a row at that key.
Result<std::string> row_at(std::string_view key, const LoggedEntry& one, LineHead head) {
    if (one.entry.open) head.flags |= LineHead::open;
    head.flags |= static_cast<std::uint8_t>(one.entry.marks << LineHead::kMarksAt);
    head.told = one.told;
    std::string out;
    head.write(out);
    if (!is_list_key(key)) append_be(out, time_of(one));
    append_short(out, one.entry.sequence);
    if (!one.entry.open) append_shut(out, one.entry);
    append_short(out, one.log_id.size());
    out += one.log_id;
    if (!one.encoded.empty()) return out + one.encoded;
    const auto body = ledger::encode(one.entry.access, one.log_id);
    if (!body) return fail(Category::invalid, "a log entry that no log can hold: " + body.error().message);
    return out + *body;
}

std::string gathering_key(const ledger::Access& access) {
    return store::person_key(*access.person, 'G') + short_hash(access.request_id);
}

struct GatheringRow {
    Instant time;
    std::string request_id;
    std::string user_id;
    std::string line;  // key of the line that stands for it
    std::uint32_t parts = 0;
    std::uint8_t categories = 0;  // of the parts
};

std::string encode(const GatheringRow& row) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(row.time.ms));
    append_be(out, row.parts);
    append_be(out, row.categories);
    for (const std::string* text : {&row.request_id, &row.user_id, &row.line}) append_text(out, *text);
    return out;
}

Result<std::optional<GatheringRow>> gathering_of(const Draft& draft, const ledger::Access& access) {
    TRY_ASSIGN(const auto value, draft.get(gathering_key(access)));
    if (!value) return std::optional<GatheringRow>();
    ByteReader reader(*value);
    GatheringRow row;
    row.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    row.parts = reader.be<std::uint32_t>();
    row.categories = reader.be<std::uint8_t>();
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

bool is_gathering(const ledger::Access& access) {
    return access.action == ledger::Action::gather && access.permit && !access.request_id.empty();
}

// The line of a gathering, in the place of the one that stood for it until now; the key of the row that is the entry's.
Result<std::string> put_gathering(Draft& draft, const LoggedEntry& one) {
    const ledger::Access& access = one.entry.access;
    TRY_ASSIGN(const auto before, gathering_of(draft, access));
    GatheringRow row{access.time, access.request_id, access.requester.user_id, list_prefix(*access.person) + place_of(one)};
    if (before) {
        draft.erase(before->line);
        row.parts = before->parts;
        row.categories = before->categories;
    }
    draft.put(gathering_key(access), encode(row));
    LineHead head = head_of(access, true);
    head.parts_categories = row.categories;
    TRY_ASSIGN(std::string value, row_at(row.line, one, head));
    draft.put(row.line, std::move(value));
    if (!is_begun(access)) return row.line;
    std::string key = part_key(one);  // until the end takes the line's place
    TRY_ASSIGN(std::string part, row_at(key, one, head_of(access, true)));
    draft.put(key, std::move(part));
    return key;
}

// Counts the part, and writes what it is about to the gathering's line.
Status note_part(Draft& draft, const ledger::Access& part, GatheringRow gathering) {
    ++gathering.parts;
    const auto categories = static_cast<std::uint8_t>(gathering.categories | categories_of(part));
    const bool more = categories != gathering.categories;
    gathering.categories = categories;
    draft.put(gathering_key(part), encode(gathering));
    if (!more) return {};
    TRY_ASSIGN(auto line, draft.get(gathering.line));
    auto head = line ? LineHead::read(*line) : std::nullopt;
    if (!head) return {};  // its time was up
    head->parts_categories = categories;
    std::string value;
    head->write(value);
    draft.put(gathering.line, value + line->substr(kLineHeadBytes));
    return {};
}

// Writes the row that holds an entry about a person; its key.
Result<std::string> put_about(Draft& draft, const LoggedEntry& one, bool own) {
    const ledger::Access& access = one.entry.access;
    if (own && is_gathering(access)) return put_gathering(draft, one);
    std::string key = list_prefix(*access.person) + place_of(one);
    if (!own && !access.request_id.empty() && !access.ticket_id.empty()) {
        TRY_ASSIGN(auto gathering, gathering_of(draft, access));
        if (gathering && belongs(access, *gathering) && gathering->parts < kPartsMax) {
            key = part_key(one);
            TRY(note_part(draft, access, std::move(*gathering)));
        }
    }
    TRY_ASSIGN(std::string value, row_at(key, one, head_of(access, false)));
    draft.put(key, std::move(value));
    return key;
}

// What one of her staff did is found by user; a patient has her own list.
bool is_listed_by_user(const ledger::Access& access) {
    return access.person && !access.requester.user_id.empty() && access.requester.role != "patient";
}

// Where the row of an entry about a person lies: all of its key but what the entry's own key says.
std::string pointer_to(std::string_view key) {
    std::string out(1, key[store::kPartitionBytes]);
    out += key.substr(0, store::kPartitionBytes);
    return out += key.substr(store::kPartitionBytes + 1, 16);  // the rest of the person, and the time or the request
}
// The other way round.
std::string key_from(std::string_view pointer, std::string_view log_id, std::uint64_t index) {
    std::string out(pointer.substr(1, store::kPartitionBytes));
    out += pointer[0];
    out += pointer.substr(1 + store::kPartitionBytes, 16);
    out += log_in_place(log_id);
    append_be(out, index);
    return out;
}
constexpr std::size_t kPointerBytes = 1 + store::kPartitionBytes + 16;

// How a row of the letter E goes on behind the hash, or begins where it says none.
enum class Leads : char { itself = 0, to_row = 1, without_hash = 2 };

// Where an entry's row is, or the row itself.
struct Where {
    std::string_view hash;     // empty: of the hub's own log
    std::string_view pointer;  // empty: `row`
    std::string_view row;
    static Result<Where> from(std::string_view value) {
        Where out;
        if (value.size() == 1 + kPointerBytes) {  // shorter than a hash
            out.pointer = value.substr(1);
            return value[0] == static_cast<char>(Leads::without_hash) ? Result<Where>(out) : broken_row();
        }
        ByteReader reader(value);
        out.hash = reader.take(crypto::kHashBytes);
        const bool points = reader.be<std::uint8_t>() == static_cast<std::uint8_t>(Leads::to_row);
        if (points) out.pointer = reader.take(kPointerBytes);
        else out.row = reader.rest();
        if (!reader.ok() || (points && !reader.done())) return broken_row();
        return out;
    }
};

}  // namespace

std::string list_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'L'); }

std::string part_prefix(const crypto::Pseudonym& person, std::string_view request_id) {
    return store::person_key(person, 'P') + short_hash(request_id);
}

std::string user_prefix(std::string_view user_id) {
    const crypto::Hash hash = crypto::sha256({"user ", user_id});
    return store::person_key(*crypto::Pseudonym::from(hash.view().substr(0, crypto::kPseudonymBytes)), 'U');
}

std::string entry_key(std::string_view log_id, std::uint64_t index) {
    std::string out = log_key(log_id, 'E');
    append_be(out, index);
    return out;
}

bool is_begun(const ledger::Access& access) {
    return access.action == ledger::Action::gather && access.permit &&
           std::any_of(access.sources.begin(), access.sources.end(), [](const auto& s) { return s.state == "asked"; });
}

namespace {

Status rename_logs(store::Store& store, const store::Snapshot& snapshot) {
    store::Batch batch;
    TRY_ASSIGN(auto rows, rows_of(snapshot, store::prefix_range(kLogsPrefixBefore), kLogsMax));
    for (store::Entry& row : rows) {
        batch.put(progress_key(std::string_view(row.key).substr(kLogsPrefixBefore.size())), std::move(row.value));
        batch.erase(std::move(row.key));
    }
    if (batch.empty()) return {};
    TRY(store.commit(std::move(batch)));
    return {};
}

}  // namespace

Status open_access_rows(store::Store& store) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto form, snapshot->get(kFormKey));
    if (form && *form == kForm) return rename_logs(store, *snapshot);
    TRY_ASSIGN(const auto logs, snapshot->scan(store::prefix_range(kAllLogsPrefix), {.entries_max = 1}));
    if (form || !logs.entries.empty())
        return fail(Category::unsupported, "the hub's store holds accesses in form " + form.value_or("1") +
                                               ", an older shape, which this version does not read (it writes form " + kForm +
                                               "); begin with a new data folder");
    store::Batch batch;
    batch.put(kFormKey, kForm);
    TRY(store.commit(std::move(batch)));
    return {};
}

Result<bool> add_entry(Draft& draft, const LoggedEntry& one, bool own) {
    std::string where;
    bool part = false;
    if (!own || !one.entry.access.person) where = one.entry.hash.view();
    if (one.entry.access.person) {
        TRY_ASSIGN(const std::string key, put_about(draft, one, own));
        where += static_cast<char>(own ? Leads::without_hash : Leads::to_row);
        where += pointer_to(key);
        part = !is_list_key(key);
        if (is_listed_by_user(one.entry.access)) draft.put(user_prefix(one.entry.access.requester.user_id) + place_of(one), "");
    } else {
        where += static_cast<char>(Leads::itself);
        TRY_ASSIGN(const std::string row, row_at("", one, head_of(one.entry.access, false)));
        where += row;
    }
    draft.put(entry_key(one.log_id, one.entry.index), std::move(where));
    return part;
}

Result<std::optional<LoggedEntry>> find_entry(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    const std::string own_key = entry_key(log_id, index);
    TRY_ASSIGN(const auto value, draft.get(own_key));
    if (!value) return std::optional<LoggedEntry>();
    TRY_ASSIGN(const Where where, Where::from(*value));
    if (where.pointer.empty()) {
        TRY_ASSIGN(LoggedEntry out, logged_entry_from(own_key, where.row));
        return std::optional<LoggedEntry>(std::move(out));
    }
    const std::string key = key_from(where.pointer, log_id, index);
    TRY_ASSIGN(const auto row, draft.get(key));
    if (!row) return std::optional<LoggedEntry>();  // its time was up
    TRY_ASSIGN(LoggedEntry out, logged_entry_from(key, *row));
    return std::optional<LoggedEntry>(std::move(out));
}

Result<std::optional<crypto::Hash>> hash_in(std::string_view row) {
    TRY_ASSIGN(const Where where, Where::from(row));
    return crypto::Hash::from(where.hash);
}

Result<bool> has_hash(const Draft& draft, std::string_view log_id, std::uint64_t index, const crypto::Hash& hash) {
    TRY_ASSIGN(const auto value, draft.get(entry_key(log_id, index)));
    if (!value) return true;  // its time was up
    TRY_ASSIGN(const Where where, Where::from(*value));
    return hash.view() == where.hash;
}

Result<std::optional<std::uint8_t>> gathered_categories(const Draft& draft, const ledger::Access& access) {
    TRY_ASSIGN(const auto gathering, gathering_of(draft, access));
    return gathering ? std::optional(gathering->categories) : std::nullopt;
}

Result<bool> is_part(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    TRY_ASSIGN(const auto value, draft.get(entry_key(log_id, index)));
    if (!value) return false;
    TRY_ASSIGN(const Where where, Where::from(*value));
    return where.pointer.starts_with('P');
}

Status forget_rows(Draft& draft, const store::Entry& row, const LoggedEntry& one) {
    TRY_ASSIGN(const Where where, Where::from(row.value));
    if (!where.pointer.empty()) draft.erase(key_from(where.pointer, one.log_id, one.entry.index));
    draft.erase(row.key);
    if (is_listed_by_user(one.entry.access)) draft.erase(user_prefix(one.entry.access.requester.user_id) + place_of(one));
    if (!one.entry.access.person || one.entry.access.action != ledger::Action::gather) return {};
    TRY_ASSIGN(const auto gathering, gathering_of(draft, one.entry.access));
    const std::string line = list_prefix(*one.entry.access.person) + place_of(one);
    if (!gathering || gathering->line != line) return {};
    draft.erase(line);  // of one without an end
    draft.erase(gathering_key(one.entry.access));
    return {};
}

Result<LoggedEntry> logged_entry_from(std::string_view key, std::string_view value) {
    const auto head = LineHead::read(value);
    if (!head || key.size() < store::kPartitionBytes + 1 + 2 * sizeof(std::uint64_t)) return broken_row();
    ByteReader reader(value.substr(kLineHeadBytes));
    ByteReader end(key.substr(key.size() - sizeof(std::uint64_t)));
    LoggedEntry out;
    out.entry.index = end.be<std::uint64_t>();
    ByteReader place(key.substr(std::min(key.size(), store::kPartitionBytes + 1 + sizeof(std::uint64_t))));
    const auto time = (is_list_key(key) ? place : reader).be<std::uint64_t>();
    out.entry.sequence = read_short(reader);
    out.entry.open = head->has(LineHead::open);
    if (!out.entry.open && !read_shut(reader, out.entry)) return broken_row();
    out.log_id = reader.take(read_short(reader));
    auto access = ledger::decode(reader.rest(), out.log_id);
    if (!reader.ok() || !access) return broken_row();
    out.entry.access = std::move(*access);
    out.entry.access.time.ms = static_cast<std::int64_t>(time);
    out.entry.marks = static_cast<std::uint8_t>(head->flags >> LineHead::kMarksAt);
    out.told = head->told;
    if (head->has(LineHead::nobody)) return out;
    std::string person(key.substr(0, store::kPartitionBytes));
    person += key.substr(store::kPartitionBytes + 1, sizeof(std::uint64_t));
    out.entry.access.person = crypto::Pseudonym::from(person);
    if (!out.entry.access.person) return broken_row();
    return out;
}

namespace {

// The logs that a hub knows, by what keys say of them: the beginning of their hash.
struct LogsByHash {
    struct Log {
        std::string id;
        std::uint64_t next = 0;
    };
    std::map<std::string, Log, std::less<>> by_place;  // as log_in_place()

    const Log* of_key(std::string_view key) const {  // of a row in a log's partition
        const auto at = by_place.find(key.substr(0, store::kPartitionBytes));
        return at == by_place.end() ? nullptr : &at->second;
    }
};
using Logs = std::shared_ptr<const LogsByHash>;

constexpr std::string_view kUnknownLog = "it is of a log that is not known";

Status check_progress(std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() <= progress_key("").size()) return broken_row();
    TRY_ASSIGN(const LogProgress progress, progress_from(value));
    owed.row(kFormKey, kForm, "the row that tells the form of the accesses is missing");
    if (!progress.successor.empty()) owed.row(progress_key(progress.successor), "the log that follows it is not known");
    return {};
}

// A log's rows of the letter E by number; the register's have other lengths.
bool is_entry(std::string_view key, std::string_view value) { return key.size() == kNumberKeyBytes && value.size() != 24; }

// The row of a gathering's line may have made room for that of its end: a later entry of the same log.
bool gathered_since(const store::Snapshot& at, const std::string& line) {
    const auto chunk = at.scan(store::prefix_range(store::person_key(whose_key(line), 'G')));
    if (!chunk) return false;
    for (const store::Entry& row : chunk->entries) {
        ByteReader reader(std::string_view(row.value).substr(std::min<std::size_t>(row.value.size(), 13)));
        reader.text();
        reader.text();
        const std::string_view other = reader.text();
        if (reader.done() && other > line && other.size() == line.size() && other.substr(kBareKeyBytes + 8, 8) == std::string_view(line).substr(kBareKeyBytes + 8, 8)) return true;
    }
    return false;
}

store::Table entry_table(const Logs& logs) {
    store::Table out{.name = "accesses.entries", .letter = 'E', .owns = is_entry, .form = 3};
    out.check = [logs](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        TRY_ASSIGN(const Where where, Where::from(value));
        const auto* log = logs->of_key(key);
        const std::uint64_t index = number_at_end(key);
        if (!log || entry_key(log->id, index) != key) return fail(Category::corrupt, std::string(kUnknownLog));
        if (index >= log->next) owed.wrong("it is behind the last entry that came of its log");
        if (where.pointer.empty()) {
            TRY_ASSIGN(const LoggedEntry one, logged_entry_from(key, where.row));
            if (one.entry.access.person || one.log_id != log->id) return broken_row();
            const auto head = LineHead::read(where.row);
            TRY_ASSIGN(const std::string again, row_at("", one, *head));
            return store::encodes_to_itself(again, where.row);
        }
        const std::string row = key_from(where.pointer, log->id, index);
        owed.row(row, [row](const store::Snapshot& at, const auto& there) -> std::string_view {
            return there || (is_list_key(row) && gathered_since(at, row)) ? "" : "the row that it leads to is missing";
        });
        return {};
    };
    return out;
}

// A row about a person: it encodes to itself, its head says what it says, and its log's entry leads to it.
Status check_about(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const LoggedEntry one, logged_entry_from(key, value));
    const auto head = LineHead::read(value);
    if (!one.entry.access.person || key.size() != kPlaceKeyBytes) return broken_row();
    TRY_ASSIGN(const std::string again, row_at(key, one, *head));
    TRY(store::encodes_to_itself(again, value));
    LineHead made = head_of(one.entry.access, head->has(LineHead::gathering));
    made.parts_categories = head->parts_categories;
    TRY_ASSIGN(const std::string told, row_at(key, one, made));
    if (told != value) return fail(Category::corrupt, "its head says something else than the row");
    if (part_place(one) != key.substr(key.size() - kPartPlaceBytes)) return fail(Category::corrupt, "it is of another log or entry than its key says");
    const bool line = is_list_key(key);
    if (one.told && (!line || head->has(LineHead::gathering) || !one.entry.access.permit)) return fail(Category::corrupt, "it is a message, and of what nobody is told by a line");
    const std::string pointer = pointer_to(key);
    owed.row(entry_key(one.log_id, one.entry.index), [pointer, line](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto where = row ? Where::from(*row) : Result<Where>(broken_row());
        // What a gathering began with lies among its parts too, and its entry leads there.
        return where && (where->pointer == pointer || (line && where->pointer.starts_with('P'))) ? "" : "the entry of its log is missing, or leads elsewhere";
    });
    if (is_listed_by_user(one.entry.access))
        owed.row(user_prefix(one.entry.access.requester.user_id) + place_of(one), "the row of who did it is missing");
    if (line && head->has(LineHead::gathering))
        owed.row(gathering_key(one.entry.access), [key = std::string(key)](const store::Snapshot&, const auto& row) -> std::string_view {
            return row && row->ends_with(key) ? "" : "the gathering that it is the line of is missing, or has another";
        });
    return {};
}

Status check_gathering(std::string_view key, std::string_view value, store::Owed& owed) {
    ByteReader reader(value);
    GatheringRow row;
    row.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    row.parts = reader.be<std::uint32_t>();
    row.categories = reader.be<std::uint8_t>();
    for (std::string* text : {&row.request_id, &row.user_id, &row.line}) *text = reader.text();
    if (!reader.done() || key.size() != kNumberKeyBytes || short_hash(row.request_id) != key.substr(kBareKeyBytes) || row.parts > kPartsMax ||
        row.line.size() != kPlaceKeyBytes || whose_key(row.line) != whose_key(key))
        return broken_row();
    owed.row(row.line, [categories = row.categories](const store::Snapshot&, const auto& line) -> std::string_view {
        const auto head = line ? LineHead::read(*line) : std::nullopt;
        return head && head->parts_categories == categories ? "" : "its line is missing, or tells of other categories";
    });
    return {};
}

bool is_user_place(std::string_view key, std::string_view value) { return key.size() != kPlaceKeyBytes || value.empty(); }

store::Table user_table(const Logs& logs) {
    store::Table out{.name = "accesses.users", .letter = 'U', .owns = is_user_place, .form = 2};
    out.check = [logs](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        if (key.size() != kPlaceKeyBytes || !value.empty()) return broken_row();
        const auto at = logs->by_place.find(key.substr(kBareKeyBytes + 8, kLogPlaceBytes));
        if (at == logs->by_place.end()) return fail(Category::corrupt, std::string(kUnknownLog));
        owed.row(entry_key(at->second.id, number_at_end(key)), [](const store::Snapshot&, const auto& row) -> std::string_view {
            const auto where = row ? Where::from(*row) : Result<Where>(broken_row());
            return where && !where->pointer.empty() ? "" : "the entry of what a user did is missing, or about nobody";
        });
        return {};
    };
    return out;
}

store::Table met_table(const Logs& logs) {
    store::Table out{.name = "accesses.met", .letter = 'J', .whose = store::whose_row, .form = 2};
    out.check = [logs](std::string_view key, std::string_view value, store::Owed&) -> Status {
        if (key.size() != kNumberKeyBytes || value.size() != 2 * sizeof(std::uint64_t)) return broken_row();
        const auto at = logs->by_place.find(key.substr(kBareKeyBytes));
        if (at == logs->by_place.end()) return fail(Category::corrupt, std::string(kUnknownLog));
        return number_at_end(value) < at->second.next ? Status() : broken_row();
    };
    return out;
}

bool is_gap(std::string_view key, std::string_view) { return key.size() == kBareKeyBytes; }

store::Table gap_table(const Logs& logs) {
    store::Table out{.name = "logs.gaps", .letter = 'H', .owns = is_gap, .form = 2};
    out.check = [logs](std::string_view key, std::string_view value, store::Owed&) -> Status {
        const auto* log = logs->of_key(key);
        if (!log || log_key(log->id, 'H') != key) return fail(Category::corrupt, std::string(kUnknownLog));
        return value.size() == sizeof(std::uint64_t) && number_at_end(value) < log->next ? Status() : broken_row();
    };
    return out;
}

}  // namespace

// In form 2 no line is a message, and every entry has its hash: as such rows lie in form 3 too, they stay as they are.
std::vector<store::FormChange> access_forms() {
    return {{.table = "accesses.entries", .prefix = {}, .form = 3}, {.table = "accesses.lines", .prefix = {}, .form = 3}};
}

Result<store::Tables> access_tables(const store::Snapshot& snapshot) {
    auto known = std::make_shared<LogsByHash>();
    TRY_ASSIGN(const auto ids, known_logs(snapshot));
    for (const std::string& id : ids) {
        TRY_ASSIGN(const auto row, snapshot.get(progress_key(id)));
        const auto progress = row ? progress_from(*row) : Result<LogProgress>(LogProgress());
        known->by_place[log_in_place(id)] = {id, progress ? progress->next : 0};  // one that cannot be read is a finding of its own
    }
    const Logs logs = std::move(known);
    store::Tables out;
    out.push_back({.name = "accesses.form", .prefix = kFormKey, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       return key == kFormKey && value == kForm ? Status() : broken_row();
                   }});
    out.push_back({.name = "logs.progress", .prefix = progress_key(""), .form = 2, .check = check_progress});
    out.push_back(entry_table(logs));
    out.push_back({.name = "accesses.lines", .letter = 'L', .whose = store::whose_row, .form = 3, .check = check_about});
    out.push_back({.name = "accesses.parts", .letter = 'P', .whose = store::whose_row, .form = 2, .check = check_about});
    out.push_back({.name = "accesses.gatherings", .letter = 'G', .whose = store::whose_row, .form = 2, .check = check_gathering});
    out.push_back(user_table(logs));
    out.push_back(met_table(logs));
    out.push_back(gap_table(logs));
    return out;
}

}  // namespace idun::exchange
