#include "exchange/access_erasure.h"

#include <algorithm>

#include "exchange/access_rows.h"
#include "exchange/issued_tickets.h"
#include "exchange/log_accounts.h"
#include "exchange/log_rows.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kErasedAtOnce = 500;

// Some of her rows in a table, with all that was made beside them.
Result<std::size_t> erase_some(store::Store& store, const crypto::Pseudonym& person, char table) {
    TRY_ASSIGN(auto snapshot, store.snapshot());
    Draft draft(std::move(snapshot));
    TRY_ASSIGN(const auto rows, draft.snapshot().scan(store::prefix_range(store::person_key(person, table)), {.entries_max = kErasedAtOnce}));
    for (const store::Entry& row : rows.entries) {
        if (table == 'L' || table == 'P') {
            TRY_ASSIGN(const LoggedEntry one, logged_entry_from(row.key, row.value));
            const std::string key = entry_key(one.log_id, one.entry.index);
            TRY_ASSIGN(const auto where, draft.get(key));
            if (where) TRY(forget_rows(draft, {key, *where}, one));
        }
        draft.erase(row.key);
    }
    if (rows.entries.empty()) return std::size_t{0};
    TRY(store.commit(draft.batch()));
    return rows.entries.size();
}

Status erase_waiting(store::Store& store, const crypto::Pseudonym& person) {
    TRY_ASSIGN(auto snapshot, store.snapshot());
    Draft draft(std::move(snapshot));
    TRY(forget_promises(draft, person));
    TRY(forget_tickets(draft, person));
    TRY(store.commit(draft.batch()));
    return {};
}

// How often she was met goes too: what comes next about her in these logs is not her first, and hides nothing.
Status note_erasure(store::Store& store, const crypto::Pseudonym& person) {
    TRY_ASSIGN(auto snapshot, store.snapshot());
    Draft draft(std::move(snapshot));
    TRY_ASSIGN(const auto logs, known_logs(draft.snapshot()));
    for (const std::string& id : logs) {
        TRY_ASSIGN(const auto count, person_count(draft, person, id));
        if (!count) continue;
        TRY_ASSIGN(LogProgress progress, progress_of(draft, id));
        progress.forgotten = std::max<std::uint64_t>(progress.forgotten, 1);
        put_progress(draft, id, progress);
    }
    TRY(store.commit(draft.batch()));
    return {};
}

}  // namespace

Result<std::size_t> erase_accesses(store::Store& store, const crypto::Pseudonym& person) {
    TRY(erase_waiting(store, person));
    TRY(note_erasure(store, person));
    std::size_t entries = 0;
    for (const char table : {'L', 'P', 'G', 'J'})
        for (std::size_t gone = 1; gone > 0;) {
            TRY_ASSIGN(gone, erase_some(store, person, table));
            if (table == 'L' || table == 'P') entries += gone;
        }
    return entries;
}

}  // namespace idun::exchange
