#include "exchange/access_view.h"

#include <fmt/format.h>

#include "crypto/encoding.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kEntriesAtOnce = 1000;

// Whether an entry that is here already says what it said.
Result<bool> repeats(const Draft& draft, const std::string& log_id, const ledger::ShippedEntry& entry) {
    TRY_ASSIGN(const auto row, draft.get(entry_key(log_id, entry.index)));
    if (!row) return true;  // its time was up
    if (!row->starts_with(entry.hash.view())) return false;
    TRY_ASSIGN(const auto known, find_entry(draft, log_id, entry.index));
    return !known || known->entry == entry;
}

}  // namespace

Result<Draft> AccessView::draft() const {
    TRY_ASSIGN(auto snapshot, store_.snapshot());
    return Draft(std::move(snapshot));
}

// Under writing_.
Status AccessView::catch_up() {
    for (;;) {
        TRY_ASSIGN(Draft draft, this->draft());
        TRY_ASSIGN(LogProgress progress, progress_of(draft, ledger_.log_id()));
        if (progress.next >= ledger_.size()) return {};
        TRY_ASSIGN(const auto entries, ledger_.read(progress.next, kEntriesAtOnce));
        if (entries.empty()) return {};
        for (const ledger::Entry& entry : entries) {
            TRY_ASSIGN(auto access, ledger::decode(entry.payload));
            TRY(account_own(draft, access));
            TRY(add_entry(draft, {ledger_.log_id(), {entry.index, entry.hash, std::move(access)}}, true));
        }
        progress.next = entries.back().index + 1;
        progress.size = std::max(progress.size, progress.next);
        progress.heard = clock_.now();
        put_progress(draft, ledger_.log_id(), progress);
        TRY(store_.commit(draft.batch()));
    }
}

Result<std::uint64_t> AccessView::next_of(std::string_view log_id) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, log_id));
    return progress.next;
}

Result<std::uint64_t> AccessView::take(const ledger::Shipment& shipment) {
    const std::lock_guard lock(writing_);
    TRY(catch_up());  // a gathering stands here before the entries of its nodes
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(LogProgress progress, progress_of(draft, shipment.log_id));
    const Instant now = clock_.now();
    if (shipment.size < std::max(progress.size, progress.next)) {
        TRY(refuse(shipment.log_id, LogFault::cut_back, shipment.size, {Category::conflict, "the log has fewer entries than it had"}));
    }
    if (shipment.first > progress.next)
        return fail(Category::conflict, fmt::format("entries from {} on are lacking", progress.next));
    for (const ledger::ShippedEntry& entry : shipment.entries) {
        if (entry.index < progress.next) {
            TRY_ASSIGN(const bool same, repeats(draft, shipment.log_id, entry));
            if (same) continue;
            TRY(refuse(shipment.log_id, LogFault::changed, entry.index,
                       {Category::conflict, fmt::format("entry {} is not what it was when it was shipped before", entry.index)}));
        }
        TRY_ASSIGN(const bool part, add_entry(draft, {shipment.log_id, entry}, false));
        TRY(account_shipped(draft, {shipment.log_id, entry}, part, now));
        progress.next = entry.index + 1;
    }
    progress.size = shipment.size;
    progress.heard = now;
    note_backlog(progress, now);
    progress.checkpoint = shipment.checkpoint;
    put_progress(draft, shipment.log_id, progress);
    TRY(store_.commit(draft.batch()));
    return progress.next;
}

// Remembers why, then fails with `error`.
Status AccessView::refuse(const std::string& log_id, LogFault fault, std::uint64_t index, Error error) {
    TRY_ASSIGN(Draft draft, this->draft());
    TRY(note_fault(draft, log_id, fault, index, clock_.now()));
    TRY(store_.commit(draft.batch()));
    return fail(std::move(error));
}

Result<std::vector<LogAccount>> AccessView::accounts() {
    {
        const std::lock_guard lock(writing_);
        TRY(catch_up());
    }
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return log_accounts(*snapshot, ledger_.log_id(), bounds_, clock_.now());
}

Result<std::vector<MissingEntry>> AccessView::missing(const crypto::Pseudonym& person, std::size_t count_max) {
    {
        const std::lock_guard lock(writing_);
        TRY(catch_up());
    }
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return missing_about(*snapshot, person, bounds_, clock_.now(), count_max);
}

Result<std::vector<LogAccount>> AccessView::incomplete(const std::vector<std::string>& log_ids) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::vector<LogAccount> out;
    for (const std::string& id : log_ids) {
        TRY_ASSIGN(LogAccount one, log_account(*snapshot, id, bounds_, clock_.now()));
        if (!one.complete()) out.push_back(std::move(one));
    }
    return out;
}

Result<std::vector<ledger::Record>> AccessView::records_of_parts(const store::Snapshot& snapshot,
                                                                 const ledger::Access& gathering) const {
    std::vector<ledger::Record> out;
    store::Range range = store::prefix_range(part_prefix(*gathering.person, gathering.request_id));
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = 100}));
        for (const store::Entry& row : chunk.entries) {
            TRY_ASSIGN(LoggedEntry part, logged_entry_from(row.value));
            if (part.entry.access.request_id != gathering.request_id) continue;
            for (ledger::Record& record : part.entry.access.records) {
                if (out.size() == kShownRecordsMax) return out;
                out.push_back(std::move(record));
            }
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

Result<AccessView::Page> AccessView::about(const crypto::Pseudonym& person, std::string_view after,
                                           std::size_t count_max) {
    const std::string prefix = list_prefix(person);
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    if (!after.empty()) {
        const auto place = crypto::from_hex(after);
        if (!place || place->size() != kLinePlaceBytes)
            return fail(Category::invalid, "the next link is not one of ours", "_page");
        range.to = prefix + *place;
    }
    {
        const std::lock_guard lock(writing_);
        TRY(catch_up());
    }
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    Page page;
    std::string last;
    for (bool more = true; more && page.next.empty();) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = count_max + 1}));
        for (const store::Entry& row : chunk.entries) {
            if (page.seen.size() == count_max) {
                page.next = crypto::hex(std::string_view(last).substr(prefix.size()));
                break;
            }
            last = row.key;
            TRY_ASSIGN(LoggedEntry one, logged_entry_from(row.value));
            ledger::Access& access = one.entry.access;
            if (one.log_id == ledger_.log_id() && access.action == ledger::Action::gather && access.permit) {
                TRY_ASSIGN(access.records, records_of_parts(*snapshot, access));
            }
            page.seen.push_back({std::move(access), {one.log_id, one.entry.index, one.entry.hash}});
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

}  // namespace idun::exchange
