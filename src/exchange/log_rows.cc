#include "exchange/log_rows.h"

#include <algorithm>
#include <bit>
#include <map>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "exchange/rows.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

const std::string kLogsPrefix = "logsknwnL";

tl::unexpected<Error> broken_row() { return fail(Category::corrupt, "a row of the accesses is malformed"); }

crypto::Hash log_hash(std::string_view log_id) { return crypto::sha256({"log ", log_id}); }

}  // namespace

std::string log_in_place(std::string_view log_id) { return std::string(log_hash(log_id).view().substr(0, kLogPlaceBytes)); }

std::string log_key(std::string_view log_id, char table) {
    const crypto::Hash hash = log_hash(log_id);
    return store::person_key(*crypto::Pseudonym::from(hash.view().substr(0, crypto::kPseudonymBytes)), table);
}

std::string progress_key(std::string_view log_id) { return kLogsPrefix + std::string(log_id); }

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

void put_gap(Draft& draft, std::string_view log_id, std::uint64_t index) {
    std::string value;
    append_be(value, index);
    draft.put(log_key(log_id, 'H'), std::move(value));
}

Result<std::optional<std::uint64_t>> gap_in(const Draft& draft, std::string_view log_id) {
    TRY_ASSIGN(const auto value, draft.get(log_key(log_id, 'H')));
    if (!value) return std::optional<std::uint64_t>();
    ByteReader reader(*value);
    const auto index = reader.be<std::uint64_t>();
    if (!reader.done()) return broken_row();
    return std::optional(index);
}

void erase_gap(Draft& draft, std::string_view log_id) { draft.erase(log_key(log_id, 'H')); }

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
    return store::person_key(person, 'J') + log_in_place(log_id);
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

Result<std::vector<std::string>> logs_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person) {
    const std::string prefix = store::person_key(person, 'J');
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(prefix), kLogsMax));
    std::vector<std::string> out;
    if (rows.empty()) return out;
    std::map<std::string, std::string, std::less<>> ids;  // by what her rows call them
    TRY_ASSIGN(auto known, known_logs(snapshot));
    for (std::string& id : known) {
        std::string place = log_in_place(id);
        ids.emplace(std::move(place), std::move(id));
    }
    for (const store::Entry& row : rows)
        if (const auto id = ids.find(std::string_view(row.key).substr(prefix.size())); id != ids.end()) out.push_back(id->second);
    std::ranges::sort(out);
    return out;
}

void put_person_count(Draft& draft, const crypto::Pseudonym& person, std::string_view log_id, const PersonCount& count) {
    std::string value;
    append_be(value, count.sequence);
    append_be(value, count.index);
    draft.put(count_key(person, log_id), std::move(value));
}

}  // namespace idun::exchange
