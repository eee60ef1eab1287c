#include "exchange/watched.h"

#include "base/bytes.h"
#include "exchange/tables.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

const std::string kWatched = "supwatchW";

std::string watched_key(const crypto::Pseudonym& person) { return kWatched + std::string(person.view()); }

std::string encode_watched(const Watched& one) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(one.since.ms));
    append_text(out, one.by);
    append_text(out, one.reference);
    return out;
}

}  // namespace

Status watch(store::Store& store, const Watched& one) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto known, snapshot->get(watched_key(one.person)));
    if (known) return {};
    TRY_ASSIGN(const auto all, snapshot->scan(store::prefix_range(kWatched), {.entries_max = kWatchedMax}));
    if (all.entries.size() == kWatchedMax) return fail(Category::too_large, "too many people are watched");
    store::Batch batch;
    batch.put(watched_key(one.person), encode_watched(one));
    TRY(store.commit(std::move(batch)));
    return {};
}

Status watch_no_more(store::Store& store, const crypto::Pseudonym& person) {
    store::Batch batch;
    batch.erase(watched_key(person));
    TRY(store.commit(std::move(batch)));
    return {};
}

Result<std::vector<Watched>> watched_people(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto all, snapshot.scan(store::prefix_range(kWatched), {.entries_max = kWatchedMax}));
    std::vector<Watched> out;
    for (const store::Entry& row : all.entries) {
        const auto person = crypto::Pseudonym::from(std::string_view(row.key).substr(kWatched.size()));
        ByteReader reader(row.value);
        Watched one;
        one.since.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
        one.by = reader.text();
        one.reference = reader.text();
        if (!person || !reader.done()) return fail(Category::corrupt, "a watched person's row is malformed");
        one.person = *person;
        out.push_back(std::move(one));
    }
    return out;
}

store::Table watched_table() {
    return {.name = "supervision.watched", .prefix = kWatched, .whose = store::whose_end, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                ByteReader reader(value);
                reader.be<std::uint64_t>();
                reader.text();
                reader.text();
                const bool well = reader.done() && key.size() == kWatched.size() + crypto::kPseudonymBytes;
                return well ? Status() : fail(Category::corrupt, "a watched person's row is malformed");
            }};
}

}  // namespace idun::exchange
