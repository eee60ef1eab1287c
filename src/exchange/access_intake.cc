// What comes into the list of accesses: the hub's own log, what nodes ship, and the tickets that stand against both.
#include <fmt/format.h>

#include "base/bytes.h"
#include "exchange/access_view.h"
#include "exchange/implied.h"
#include "exchange/log_rows.h"
#include "ledger/succession.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kReadAtOnce = 1000;
constexpr std::uint32_t kFollowingMax = 16;  // places by which a log may come behind the newest that is known here

// Whether an entry that is here already says what it said.
Result<bool> repeats(const Draft& draft, const std::string& log_id, const ledger::ShippedEntry& entry) {
    TRY_ASSIGN(const bool same, has_hash(draft, log_id, entry.index, entry.hash));
    if (!same || !entry.open) return same;  // not open: its key was forgotten since
    TRY_ASSIGN(auto known, find_entry(draft, log_id, entry.index));
    if (!known) return true;  // its time was up
    known->entry.hash = entry.hash;
    known->entry.marks = entry.marks;  // names may have changed since
    return known->entry == entry;
}

std::vector<crypto::Pseudonym> people_in(const std::vector<ledger::Entry>& entries) {
    std::vector<crypto::Pseudonym> out;
    for (const ledger::Entry& entry : entries)
        if (entry.access && entry.access->person) out.push_back(*entry.access->person);
    return out;
}

}  // namespace

void AccessView::follow_with(Followers followers) {
    const std::lock_guard lock(writing_);
    followers_ = std::move(followers);
}

// Under writing_.
Status AccessView::catch_up() {
    if (!followers_) return fail(Category::busy, "starting; try again in a moment");
    for (;;) {
        TRY_ASSIGN(Draft draft, this->draft());
        TRY_ASSIGN(LogProgress progress, progress_of(draft, ledger_.log_id()));
        if (progress.next > ledger_.size())
            return fail(Category::unavailable, "the list of accesses has more of the hub's log than there is: it was set back");
        if (progress.next == ledger_.size()) return {};
        TRY_ASSIGN(auto entries, ledger_.read(progress.next, kReadAtOnce));
        if (entries.empty()) return {};
        followers_->prepare(people_in(entries));
        progress.next = entries.back().index + 1;
        for (ledger::Entry& entry : entries) {
            if (entry.index == 0 && entry.access) TRY(close_before(draft, *entry.access));
            if (entry.access) TRY(account_own(draft, *entry.access));
            LoggedEntry one{ledger_.log_id(), {}};
            one.encoded = std::move(entry.encoded);
            one.entry = ledger::to_ship(std::move(entry));
            if (one.entry.access.person) one.told = followers_->follow(draft, one, true);
            TRY(add_entry(draft, one, true));
        }
        progress.size = std::max(progress.size, progress.next);
        progress.heard = clock_.now();
        progress.checkpoint = ledger_.checkpoint();  // for when it is closed
        put_progress(draft, ledger_.log_id(), progress);
        TRY(store_.commit(draft.batch()));
        followers_->committed();
    }
}

// The hub's own log begins behind one that was set back, as a node's does. What lies of the old one is in the list
// already, or the new one has it again.
Status AccessView::close_before(Draft& draft, const ledger::Access& first) {
    const auto said = ledger::succession_in(first);
    if (!said) return {};
    const std::string owner(ledger::owner_of(ledger_.log_id()));
    const std::uint32_t place = ledger::place_of(ledger_.log_id());
    for (std::uint32_t one = 1; one < place; ++one) {
        const std::string id = ledger::log_id_of(owner, one);
        TRY_ASSIGN(LogProgress before, progress_of(draft, id));
        if (!before.successor.empty()) continue;
        const bool is_last = one + 1 == place && said->shipped.log_id == id;
        before.successor = ledger::log_id_of(owner, one + 1);
        if (is_last) before.size = std::max(before.size, said->shipped.size);
        put_progress(draft, id, before);
        TRY(note_fault(draft, id, {LogFault::cut_back, is_last ? said->kept.size : before.next, before.checkpoint},
                       clock_.now()));
    }
    return {};
}

Status AccessView::come_up_to_date() {
    const std::lock_guard lock(writing_);
    return catch_up();
}

Result<std::uint64_t> AccessView::take(const ledger::Shipment& shipment, const crypto::KeySet& keys) {
    const std::lock_guard lock(writing_);
    TRY(catch_up());  // a gathering stands here before the entries of its nodes
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(LogProgress before, progress_of(draft, shipment.log_id));
    TRY_ASSIGN(StatedHeads stated, stated_heads(draft.snapshot(), shipment.log_id));
    // Whose owner has said that there were no more entries: what it ships now it has logged since.
    const bool whole = before.next > 0 && before.next == before.size && before.heard.ms > 0;
    Intake intake{std::move(before), std::move(stated), clock_.now(), {}};
    if (whole) intake.none_before = intake.progress.heard;
    LogProgress& progress = intake.progress;
    if (!progress.successor.empty())
        return fail(Category::conflict, fmt::format("the log is closed: {} goes on", progress.successor));
    if (const auto why = refuse_checkpoint(shipment, progress, keys)) TRY(refuse(shipment, *why, &keys));
    TRY(judge_strange(draft, shipment.log_id, keys, intake.now));
    // Receipts of logs that are not known are held against the owner's first.
    if (const auto owner = ledger::owner_of(shipment.log_id); owner != shipment.log_id)
        TRY(judge_strange(draft, owner, keys, intake.now));
    if (const auto why = refuse_count(shipment, keys)) TRY(refuse(shipment, *why));
    const auto head = ledger::peek_checkpoint(shipment.checkpoint);
    if (const auto why = refuse_stated(intake.stated, shipment.size, head->root)) TRY(refuse(shipment, *why));
    if (shipment.first > progress.next)
        return fail(Category::conflict, fmt::format("entries from {} on are lacking", progress.next));
    if (progress.next == 0 && ledger::place_of(shipment.log_id) > 1) TRY(follow(draft, shipment));
    TRY(add(draft, shipment, intake));
    // What was here before, sent again, proves nothing about what is here now.
    if (shipment.first + shipment.entries.size() == progress.next) {
        if (const auto why = refuse_tree(shipment, progress.tree)) TRY(refuse(shipment, *why));
        progress.size = shipment.size;
        progress.checkpoint = shipment.checkpoint;
    }
    if (shipment.size > progress.next && intake.stated.size() < kStatedMax)
        put_stated(draft, shipment.log_id, shipment.size, shipment.checkpoint);
    TRY_ASSIGN(const bool counts_agree, keep_count(draft, shipment));
    if (!counts_agree)
        TRY(note_fault(draft, shipment.log_id, {LogFault::miscounted, progress.next, shipment.stated}, intake.now));
    TRY(account_refused(draft, ledger::owner_of(shipment.log_id), shipment.refused));
    progress.heard = intake.now;
    note_backlog(progress, intake.now);
    put_progress(draft, shipment.log_id, progress);
    std::vector<crypto::Pseudonym> people;
    for (const auto& [who, entry] : intake.told) people.push_back(*entry.entry.access.person);
    followers_->prepare(people);
    for (const auto& [who, entry] : intake.told) followers_->follow(draft, entry, false);
    TRY(store_.commit(draft.batch()));
    followers_->committed();
    return progress.next;
}

// A log that begins behind another one closes it, for good: what its owner says of that one must be what is here of it. A hub that
// was set back may know less, and nothing of logs in between: those are closed too, and that they are lost is said of each.
Status AccessView::follow(Draft& draft, const ledger::Shipment& shipment) {
    const std::string owner(ledger::owner_of(shipment.log_id));
    const auto said = shipment.entries.empty() || !shipment.entries.front().open
                          ? std::nullopt
                          : ledger::succession_in(shipment.entries.front().access);
    TRY_ASSIGN(const std::string newest, newest_log(owner));
    const std::uint32_t known = ledger::place_of(newest), place = ledger::place_of(shipment.log_id);
    if (place <= known || place - known > kFollowingMax)
        return fail(Category::conflict, fmt::format("no log is left out: the one after {} begins first", newest));
    TRY_ASSIGN(const LogProgress last, progress_of(draft, newest));
    bool fits = said && said->shipped.log_id == ledger::log_id_of(owner, place - 1);
    if (fits && place == known + 1)
        fits = said->shipped.size > last.next || (said->shipped.size == last.next && said->shipped.root == last.tree.root());
    if (!fits) return fail(Category::conflict, fmt::format("the log does not begin by saying how {} ended", newest));
    for (std::uint32_t one = known; one < place; ++one) {
        const std::string id = ledger::log_id_of(owner, one);
        TRY_ASSIGN(LogProgress before, progress_of(draft, id));
        const bool is_last = one + 1 == place;
        before.successor = ledger::log_id_of(owner, one + 1);
        if (is_last) before.size = std::max(before.size, said->shipped.size);
        put_progress(draft, id, before);
        TRY(note_fault(draft, id, {LogFault::cut_back, is_last ? said->kept.size : before.next, before.checkpoint}, clock_.now()));
    }
    return {};
}

Status AccessView::add(Draft& draft, const ledger::Shipment& shipment, Intake& intake) {
    LogProgress& progress = intake.progress;
    const std::uint64_t closed = progress.closed;
    for (const ledger::ShippedEntry& entry : shipment.entries) {
        if (entry.index < progress.next) {
            TRY_ASSIGN(const bool same, repeats(draft, shipment.log_id, entry));
            if (same) continue;
            return refuse(shipment, {LogFault::changed, entry.index,
                                     fmt::format("entry {} is not what it was when it was shipped before", entry.index)});
        }
        TRY(grow(draft, shipment, entry, intake));
        TRY(note_access(draft, {shipment.log_id, entry}, intake));
    }
    if (shipment.entries.empty() || shipment.entries.back().index + 1 != progress.next) return {};
    // A log that is here as a whole says why some of it does not open.
    if (progress.next == shipment.size) TRY(judge_closed(draft, shipment, closed, intake));
    const ledger::Served& said = shipment.served;
    const ledger::Served& came = progress.served;
    const bool possible = said.own <= shipment.size && said.tickets <= shipment.size - said.own;  // else the sum may wrap
    const bool counted = possible && came.own <= said.own && came.tickets <= said.tickets &&
                         said.own + said.tickets <= came.own + came.tickets + progress.closed;
    if (!counted) return note_fault(draft, shipment.log_id, {LogFault::miscounted, progress.next, shipment.checkpoint}, intake.now);
    return {};
}

// Where some of it came closed an entry says that keys were forgotten; and it stands behind those between which something lacks.
Status AccessView::judge_closed(Draft& draft, const ledger::Shipment& shipment, std::uint64_t closed_before, const Intake& intake) {
    const LogProgress& progress = intake.progress;
    if (closed_before > 0 && progress.forgotten == 0)
        TRY(note_fault(draft, shipment.log_id, {LogFault::hidden, progress.next - 1, shipment.checkpoint}, intake.now));
    TRY_ASSIGN(const auto gap, gap_in(draft, shipment.log_id));
    if (!gap) return {};
    erase_gap(draft, shipment.log_id);
    if (progress.forgotten > *gap) return {};
    return note_fault(draft, shipment.log_id, {LogFault::hidden, *gap, shipment.checkpoint}, intake.now);
}

// The tree by one entry; where its owner has signed that size before, it has that root.
Status AccessView::grow(Draft& draft, const ledger::Shipment& shipment, const ledger::ShippedEntry& entry, Intake& intake) {
    LogProgress& progress = intake.progress;
    progress.tree.append(entry.hash);
    progress.next = entry.index + 1;
    if (!intake.stated.contains(progress.next)) return {};
    if (const auto why = refuse_stated(intake.stated, progress.next, progress.tree.root())) return refuse(shipment, *why);
    erase_stated(draft, shipment.log_id, progress.next);
    return {};
}

Status AccessView::note_access(Draft& draft, const LoggedEntry& one, Intake& intake) {
    LogProgress& progress = intake.progress;
    const ledger::ShippedEntry& entry = one.entry;
    TRY_ASSIGN(const bool part, add_entry(draft, one, false));
    if (!entry.open) {
        if (entry.kind == ledger::Kind::forgotten) progress.forgotten = entry.index + 1;
        if (entry.kind == ledger::Kind::person || entry.kind == ledger::Kind::nobody) ++progress.closed;
        return {};
    }
    if (!part && is_told(entry.access, false)) intake.told.try_emplace({entry.access.person->text(), entry.access.requester.user_id}, one);
    progress.served.add(entry.access);
    TRY(account_shipped(draft, one, part, ledger_.log_id(), intake.now));
    if (const auto off = clock_off(entry.access.time, intake.now, intake.none_before, bounds_.clock_within))
        TRY(note_clock(draft, one.log_id, entry.index, *off, intake.now));
    if (!entry.access.person) return {};
    const crypto::Pseudonym& person = *entry.access.person;
    TRY_ASSIGN(const auto before, person_count(draft, person, one.log_id));
    // Each entry about her is one more; after keys were forgotten, which an entry says, she begins anew.
    const bool said = before && progress.forgotten > before->index;
    const bool anew = said && entry.sequence <= before->sequence;
    // Or her older keys are gone, and those in between are among the ones that came closed: the entry that says so may come later.
    const bool gap = before && entry.sequence > before->sequence + 1 && entry.sequence - before->sequence - 1 <= progress.closed;
    if (gap && !said) put_gap(draft, one.log_id, entry.index);
    // The first that opens: those before it are among the ones that came closed, or keys were forgotten.
    const bool first = !before && (progress.forgotten > 0 || entry.sequence <= progress.closed + 1) && entry.sequence > 0;
    const bool next = before && entry.sequence == before->sequence + 1;
    if (!first && !next && !anew && !gap)
        TRY(note_fault(draft, one.log_id, {LogFault::hidden, entry.index}, intake.now));
    put_person_count(draft, person, one.log_id, {entry.sequence, entry.index});
    return {};
}

// Remembers why, then fails. `keys`: of the owner, where one of them should have signed.
Status AccessView::refuse(const ledger::Shipment& shipment, const Refusal& why, const crypto::KeySet* keys) {
    TRY_ASSIGN(Draft draft, this->draft());
    const auto head = ledger::peek_checkpoint(shipment.checkpoint);
    const bool of_it = head && head->log_id == shipment.log_id && head->size == shipment.size;
    if (why.fault == LogFault::forged && keys && of_it)
        TRY(exchange::note_forged(draft, shipment.log_id, why.index, shipment.checkpoint, *keys, clock_.now()));
    else
        TRY(note_fault(draft, shipment.log_id,
                       {why.fault, why.index, why.checkpoint.empty() ? shipment.checkpoint : why.checkpoint},
                       clock_.now()));
    TRY(store_.commit(draft.batch()));
    return fail(Category::conflict, why.why);
}

Status AccessView::note_forged(const ledger::Receipt& receipt, const crypto::KeySet& keys) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const auto known, draft.get(progress_key(receipt.log_id)));
    const std::string_view log_id = known ? std::string_view(receipt.log_id) : ledger::owner_of(receipt.log_id);
    TRY(exchange::note_forged(draft, log_id, receipt.index, receipt.note(), keys, clock_.now()));
    TRY(store_.commit(draft.batch()));
    return {};
}

Status AccessView::note_clock_ahead(const std::string& owner, Instant its_now) {
    const std::lock_guard lock(writing_);
    const Instant now = clock_.now();
    if (its_now - now <= bounds_.clock_within) return {};
    TRY_ASSIGN(const std::string log_id, newest_log(owner));
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, log_id));
    TRY(exchange::note_clock(draft, log_id, progress.next, its_now - now, now));
    TRY(store_.commit(draft.batch()));
    return {};
}

Result<std::optional<StatedCount>> AccessView::stated_count(std::string_view log_id) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    return exchange::stated_count(draft, log_id);
}

Result<LogProgress> AccessView::progress(std::string_view log_id) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    return progress_of(draft, log_id);
}

Result<std::optional<AccessView::KeptHash>> AccessView::kept_from(std::string_view log_id, std::uint64_t index) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range = store::prefix_range(log_key(log_id, 'E'));
    range.from = entry_key(log_id, index);
    TRY_ASSIGN(const auto rows, snapshot->scan(range, {.entries_max = 1}));
    if (rows.entries.empty()) return std::optional<KeptHash>();
    const store::Entry& row = rows.entries.front();
    TRY_ASSIGN(const auto hash, hash_in(row.value));
    if (!hash) return std::optional<KeptHash>();
    return std::optional(KeptHash{ByteReader(std::string_view(row.key).substr(row.key.size() - sizeof(std::uint64_t))).be<std::uint64_t>(), *hash});
}

Result<std::string> AccessView::newest_log(const std::string& owner) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    std::string newest = owner;
    for (;;) {
        TRY_ASSIGN(LogProgress progress, progress_of(draft, newest));
        if (progress.successor.empty()) return newest;
        newest = std::move(progress.successor);
    }
}

Result<std::uint64_t> AccessView::newest_ticket(std::string_view node) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    return exchange::newest_ticket(draft, node);
}

Status AccessView::issue(const std::string& node, const std::string& ticket_id, const crypto::Pseudonym& person) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY(account_ticket(draft, node, {ticket_id, clock_.now(), person, ""}));
    TRY(store_.commit(draft.batch()));
    return {};
}

}  // namespace idun::exchange
