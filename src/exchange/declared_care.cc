#include "exchange/declared_care.h"

#include "base/bytes.h"
#include "exchange/access_rows.h"
#include "exchange/implied.h"
#include "exchange/log_rows.h"
#include "exchange/tables.h"

namespace idun::exchange {
namespace {

const std::string kPlace = "hubcarepP";  // the first entry that was not looked at (8), log id (length, text)

struct Place {
    std::uint64_t next = 0;
    std::string log_id;
};

std::string encode(const Place& place) {
    std::string out;
    append_be(out, place.next);
    append_text(out, place.log_id);
    return out;
}

Result<Place> place_from(std::string_view row) {
    ByteReader reader(row);
    Place out;
    out.next = reader.be<std::uint64_t>();
    out.log_id = reader.text();
    if (!reader.done() || out.log_id.empty())
        return fail(Category::corrupt, "the place up to which declared care relations were read is malformed");
    return out;
}

// Whoever has several numbers is told, and asked about, by the entry under the one that was asked for.
bool counts(const ledger::Access& access, const people::Links* links) {
    return access.query != kOtherNumberQuery || !links || !links->of(*access.person).several();
}

}  // namespace

std::optional<DeclaredCare> declared_in(const ledger::Access& access, bool own) {
    const ledger::Actor& who = access.requester;
    if (!own || !access.care_relation || !is_told(access, own) || who.role == "representative") return std::nullopt;
    return DeclaredCare{*access.person, who.provider_id, who.unit_id, who.user_id, who.name, access.time};
}

Status open_declared(store::Store& store, std::string_view log_id) {
    TRY_ASSIGN(auto snapshot, store.snapshot());
    Draft draft(std::move(snapshot));
    TRY_ASSIGN(const auto known, draft.get(kPlace));
    if (known) return {};
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, log_id));
    keep_place(draft, encode({progress.next, std::string(log_id)}));
    TRY(store.commit(draft.batch()));
    return {};
}

Result<Declared> declared_before(const Draft& draft, Instant before, Instant now, std::size_t entries_max,
                                 const people::Links* links) {
    TRY_ASSIGN(const auto row, draft.get(kPlace));
    if (!row) return fail(Category::internal, "there is no place from which declared care relations are read");
    TRY_ASSIGN(Place place, place_from(*row));
    store::Range range = store::prefix_range(log_key(place.log_id, 'E'));
    range.from = entry_key(place.log_id, place.next);
    TRY_ASSIGN(const auto chunk, draft.snapshot().scan(range, {.entries_max = entries_max}));
    Declared out;
    out.more = chunk.more;
    for (const store::Entry& entry : chunk.entries) {
        const std::uint64_t index = number_at_end(entry.key);
        TRY_ASSIGN(const auto one, find_entry(draft, place.log_id, index));
        if (one && one->entry.open) {
            const ledger::Access& access = one->entry.access;
            const bool due = access.time < before;
            if (!due && access.time <= now) {
                out.more = false;
                break;
            }
            if (const auto declared = declared_in(access, true); declared && counts(access, links))
                (due ? out.due : out.ahead).push_back(*declared);
        }
        place.next = index + 1;
    }
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, place.log_id));
    if (!out.more && place.next >= progress.next && !progress.successor.empty()) {
        place = {0, progress.successor};
        out.more = true;
    }
    if (std::string reached = encode(place); reached != *row) out.place = std::move(reached);
    return out;
}

void keep_place(Draft& draft, std::string place) { draft.put(kPlace, std::move(place)); }

store::Table declared_table() {
    return {
        .name = "care.read-until",
        .prefix = kPlace,
        .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
            TRY_ASSIGN(const Place place, place_from(value));
            if (key != kPlace)
                return fail(Category::corrupt, "the place up to which declared care relations were read is malformed");
            if (place.next == 0) return {};  // of a log of which nothing came yet
            owed.row(progress_key(place.log_id),
                     [next = place.next](const store::Snapshot&, const auto& row) -> std::string_view {
                         const auto progress =
                             row ? progress_from(*row) : Result<LogProgress>(fail(Category::not_found, ""));
                         return progress && next <= progress->next ? "" : "its log is not known, or has fewer entries";
                     });
            return {};
        }};
}

}  // namespace idun::exchange
