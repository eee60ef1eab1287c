#include "exchange/access_view.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "exchange/implied.h"
#include "exchange/issued_tickets.h"
#include "ledger/succession.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kEntriesAtOnce = 1000;
constexpr std::size_t kRowsScannedMax = 50'000;  // for one page; then the next link goes on
constexpr std::size_t kPlacesScannedMax = 20'000;  // each is looked up by itself

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

// About as many bytes as it has as an AuditEvent.
std::size_t size_of(const ledger::Access& access) {
    std::size_t out = 1'000 + access.query.size() + access.requester.name.size() + access.requester.user_id.size();
    for (const ledger::Record& one : access.records) out += 250 + one.type.size() + one.id.size() + one.version.size() + one.provider_id.size();
    for (const ledger::Source& one : access.sources) out += 250 + one.provider_id.size() + one.receipt.size();
    return out;
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
            if (entry.access) TRY(account_own(draft, *entry.access));
            const LoggedEntry one{ledger_.log_id(), ledger::to_ship(entry)};
            TRY(add_entry(draft, one, true));
            if (one.entry.access.person) followers_.follow(draft, one, true);
        }
        progress.next = entries.back().index + 1;
        progress.size = std::max(progress.size, progress.next);
        progress.heard = clock_.now();
        put_progress(draft, ledger_.log_id(), progress);
        TRY(store_.commit(draft.batch()));
        followers_.committed();
    }
}

Result<LogProgress> AccessView::progress(std::string_view log_id) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    return progress_of(draft, log_id);
}

Result<std::optional<crypto::Hash>> AccessView::hash_of(std::string_view log_id, std::uint64_t index) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const auto row, draft.get(entry_key(log_id, index)));
    return row ? crypto::Hash::from(std::string_view(*row).substr(0, crypto::kHashBytes)) : std::nullopt;
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

Result<std::uint64_t> AccessView::take(const ledger::Shipment& shipment, const crypto::KeySet& keys) {
    const std::lock_guard lock(writing_);
    TRY(catch_up());  // a gathering stands here before the entries of its nodes
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(LogProgress progress, progress_of(draft, shipment.log_id));
    if (!progress.successor.empty())
        return fail(Category::conflict, fmt::format("the log is closed: {} goes on", progress.successor));
    if (const auto why = refuse_checkpoint(shipment, progress, keys)) TRY(refuse(shipment, *why));
    if (shipment.first > progress.next)
        return fail(Category::conflict, fmt::format("entries from {} on are lacking", progress.next));
    if (progress.next == 0 && ledger::place_of(shipment.log_id) > 1) TRY(follow(draft, shipment));
    const Instant now = clock_.now();
    Told told;
    TRY(add(draft, shipment, progress, now, told));
    // What was here before, sent again, proves nothing about what is here now.
    if (shipment.first + shipment.entries.size() == progress.next) {
        if (const auto why = refuse_tree(shipment, progress.tree)) TRY(refuse(shipment, *why));
        progress.size = shipment.size;
        progress.checkpoint = shipment.checkpoint;
    }
    TRY(account_refused(draft, ledger::owner_of(shipment.log_id), shipment.refused));
    progress.heard = now;
    note_backlog(progress, now);
    put_progress(draft, shipment.log_id, progress);
    for (const auto& [who, entry] : told) followers_.follow(draft, entry, false);
    TRY(store_.commit(draft.batch()));
    followers_.committed();
    return progress.next;
}

// A log that begins behind another one closes it, for good: what its owner says of that one must be what is here of it.
Status AccessView::follow(Draft& draft, const ledger::Shipment& shipment) {
    const auto said = shipment.entries.empty() || !shipment.entries.front().open
                          ? std::nullopt
                          : ledger::succession_in(shipment.entries.front().access);
    TRY_ASSIGN(const std::string newest, newest_log(std::string(ledger::owner_of(shipment.log_id))));
    if (ledger::place_of(shipment.log_id) != ledger::place_of(newest) + 1)
        return fail(Category::conflict, fmt::format("no log is left out: the one after {} begins first", newest));
    TRY_ASSIGN(LogProgress before, progress_of(draft, newest));
    // A hub that was set back may know less of it than the node was told.
    const bool same = said && said->shipped.log_id == newest && said->shipped.size >= before.next &&
                      (said->shipped.size > before.next || said->shipped.root == before.tree.root());
    if (!same)
        return fail(Category::conflict, fmt::format("the log does not begin by saying how {} ended", newest));
    before.successor = shipment.log_id;
    before.size = std::max(before.size, said->shipped.size);
    put_progress(draft, newest, before);
    return note_fault(draft, newest, {LogFault::cut_back, said->kept.size, before.checkpoint}, clock_.now());
}

Status AccessView::add(Draft& draft, const ledger::Shipment& shipment, LogProgress& progress, Instant now, Told& told) {
    const std::uint64_t closed = progress.closed;
    for (const ledger::ShippedEntry& entry : shipment.entries) {
        if (entry.index < progress.next) {
            TRY_ASSIGN(const bool same, repeats(draft, shipment.log_id, entry));
            if (same) continue;
            return refuse(shipment, {LogFault::changed, entry.index,
                                     fmt::format("entry {} is not what it was when it was shipped before", entry.index)});
        }
        progress.tree.append(entry.hash);
        progress.next = entry.index + 1;
        TRY(note_access(draft, {shipment.log_id, entry}, progress, now, told));
    }
    if (shipment.entries.empty() || shipment.entries.back().index + 1 != progress.next) return {};
    // The entry that says that keys were forgotten is the next one: a log that is here as a whole says why some of it does not open.
    if (progress.next == shipment.size && closed > 0 && progress.forgotten == 0)
        TRY(note_fault(draft, shipment.log_id, {LogFault::hidden, progress.next - 1, shipment.checkpoint}, now));
    const ledger::Served& said = shipment.served;
    const ledger::Served& came = progress.served;
    const bool possible = said.own <= shipment.size && said.tickets <= shipment.size - said.own;  // else the sum may wrap
    const bool counted = possible && came.own <= said.own && came.tickets <= said.tickets &&
                         said.own + said.tickets <= came.own + came.tickets + progress.closed;
    if (!counted) return note_fault(draft, shipment.log_id, {LogFault::miscounted, progress.next, shipment.checkpoint}, now);
    return {};
}

Status AccessView::note_access(Draft& draft, const LoggedEntry& one, LogProgress& progress, Instant now, Told& told) {
    const ledger::ShippedEntry& entry = one.entry;
    TRY_ASSIGN(const bool part, add_entry(draft, one, false));
    if (!entry.open) {
        if (entry.kind == ledger::Kind::forgotten) progress.forgotten = entry.index + 1;
        if (entry.kind == ledger::Kind::person || entry.kind == ledger::Kind::nobody) ++progress.closed;
        return {};
    }
    if (!part && is_told(entry.access, false)) told.try_emplace({entry.access.person->text(), entry.access.requester.user_id}, one);
    progress.served.add(entry.access);
    TRY(account_shipped(draft, one, part, ledger_.log_id(), now));
    if (!entry.access.person) return {};
    const crypto::Pseudonym& person = *entry.access.person;
    TRY_ASSIGN(const auto before, person_count(draft, person, one.log_id));
    // Each entry about her is one more; after keys were forgotten, which an entry says, she begins anew, or where her last key has
    // her.
    const bool anew = before && entry.sequence <= before->sequence && progress.forgotten > before->index;
    // The first that opens: those before it are among the ones that came closed, or keys were forgotten.
    const bool first = !before && (progress.forgotten > 0 || entry.sequence <= progress.closed + 1) && entry.sequence > 0;
    const bool next = before && entry.sequence == before->sequence + 1;
    if (!first && !next && !anew)
        TRY(note_fault(draft, one.log_id, {LogFault::hidden, entry.index}, now));
    put_person_count(draft, person, one.log_id, {entry.sequence, entry.index});
    return {};
}

// Remembers why, then fails.
Status AccessView::refuse(const ledger::Shipment& shipment, const Refusal& why) {
    TRY_ASSIGN(Draft draft, this->draft());
    TRY(note_fault(draft, shipment.log_id, {why.fault, why.index, shipment.checkpoint}, clock_.now()));
    TRY(store_.commit(draft.batch()));
    return fail(Category::conflict, why.why);
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

Result<std::vector<UnansweredTicket>> AccessView::unanswered(const crypto::Pseudonym& person, std::size_t count_max) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return unanswered_about(*snapshot, person, bounds_, clock_.now(), count_max);
}

Result<std::vector<LogAccount>> AccessView::incomplete(const std::vector<std::string>& owners) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::vector<LogAccount> out;
    for (const std::string& owner : owners) {
        TRY_ASSIGN(std::string newest, newest_log(owner));
        for (std::uint32_t place = 1; place <= ledger::place_of(newest); ++place) {
            TRY_ASSIGN(LogAccount one, log_account(*snapshot, ledger::log_id_of(owner, place), bounds_, clock_.now()));
            if (!one.complete()) out.push_back(std::move(one));
        }
    }
    return out;
}

bool AccessView::is_gathering(const LoggedEntry& one) const {
    const ledger::Access& access = one.entry.access;
    return one.log_id == ledger_.log_id() && access.action == ledger::Action::gather && access.permit &&
           !access.request_id.empty();
}

Status AccessView::add_records_of_parts(const store::Snapshot& snapshot, ledger::Access& gathering) const {
    // No more parts than records are shown: what a node ships must not make the person's list slow.
    store::Range range = store::prefix_range(part_prefix(*gathering.person, gathering.request_id));
    TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = kShownRecordsMax}));
    for (const store::Entry& row : chunk.entries) {
        if (gathering.records.size() >= kShownRecordsMax) return {};
        TRY_ASSIGN(LoggedEntry part, logged_entry_from(row.key, row.value));
        if (part.entry.access.request_id != gathering.request_id) continue;
        for (ledger::Record& record : part.entry.access.records)
            if (gathering.records.size() < kShownRecordsMax) gathering.records.push_back(std::move(record));
    }
    return {};
}

Status AccessView::come_up_to_date() {
    const std::lock_guard lock(writing_);
    return catch_up();
}

namespace {

// The lines from behind `after`, within the filter's time, newest first.
Result<store::Range> lines_of(const std::string& prefix, const AccessFilter& filter, std::string_view after) {
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    range.from = prefix;
    append_be(range.from, static_cast<std::uint64_t>(std::max<std::int64_t>(filter.from_ms, 0)));
    if (filter.to_ms != std::numeric_limits<std::int64_t>::max()) {
        range.to = prefix;
        append_be(range.to, static_cast<std::uint64_t>(std::max<std::int64_t>(filter.to_ms, 0)));
    }
    if (after.empty()) return range;
    const auto place = crypto::from_hex(after);
    if (!place || place->size() != kLinePlaceBytes)
        return fail(Category::invalid, "the next link is not one of ours", "_page");
    range.to = std::min(range.to, prefix + *place);
    return range;
}

}  // namespace

// The receipt of its first entry under the newest checkpoint that is known here; the rest differs by index alone.
const std::optional<ledger::Receipt>& AccessView::Receipts::of(const std::string& log_id) {
    const auto known = firsts_.find(log_id);
    if (known != firsts_.end()) return known->second;
    std::string note;
    if (log_id == view_.ledger_.log_id()) note = view_.ledger_.checkpoint();
    else if (const auto progress = progress_of(draft_, log_id)) note = progress->checkpoint;
    auto first = ledger::receipt_under(note, 0);
    if (first && first->log_id != log_id) first.reset();
    return firsts_.emplace(log_id, std::move(first)).first->second;
}

AccessView::Seen AccessView::Receipts::seen(LoggedEntry one) {
    const auto& first = of(one.log_id);
    ledger::Receipt receipt{one.log_id, one.entry.index, 0, {}, {}};
    if (first && one.entry.index < first->size) {
        receipt = *first;
        receipt.index = one.entry.index;
    }
    return {std::move(one.entry.access), std::move(receipt), one.entry.sequence};
}

AccessView::Seen AccessView::seen(LoggedEntry one) const {
    const auto draft = this->draft();
    if (draft) return Receipts(*this, *draft).seen(std::move(one));
    return {std::move(one.entry.access), {std::move(one.log_id), one.entry.index, 0, {}, {}}, one.entry.sequence};
}

Result<bool> AccessView::shows(const store::Snapshot& snapshot, LoggedEntry& one, const AccessFilter& filter, const HeadFilter& heads,
                               const LineHead& head, const std::set<std::string>& withheld) const {
    ledger::Access& access = one.entry.access;
    if (!filter.admits(access, one.log_id) || filter.leaves_out_parts(access, one.log_id, head.parts_categories)) return false;
    if (!withheld.empty() && withheld.contains(line_withholding_key(one, ledger_.log_id()))) return false;
    const bool has_part = heads.has_part_of(head) || filter.admits_categories(access);
    if (is_gathering(one)) TRY(add_records_of_parts(snapshot, access));
    return (has_part || filter.admits_categories(access)) && !filter.leaves_out(access, one.log_id);
}

Result<AccessView::Page> AccessView::about(const crypto::Pseudonym& person, const AccessFilter& filter,
                                           std::string_view after, std::size_t count_max, Sight sight) {
    const std::string prefix = list_prefix(person);
    TRY_ASSIGN(store::Range range, lines_of(prefix, filter, after));
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, sight == Sight::person ? withheld_of(*snapshot, person) : Result<std::set<std::string>>({}));
    const Draft draft(snapshot);
    TRY_ASSIGN(const auto logs, filter.logs.empty() ? Result<std::vector<std::string>>({}) : known_logs(*snapshot));
    const HeadFilter heads(filter, logs);
    Receipts receipts(*this, draft);
    EntryRoom room{count_max, kPageBytesMax};
    Page page;
    std::size_t scanned = 0, at_once = std::max<std::size_t>(count_max + 1, 500);
    std::string last;
    for (bool more = range.from < range.to; more && page.next.empty();) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = at_once}));
        at_once = std::min<std::size_t>(at_once * 4, 10'000);  // a search goes on to look at many
        for (const store::Entry& row : chunk.entries) {
            const std::string_view place = std::string_view(row.key).substr(prefix.size());
            if (room.full() || scanned == kRowsScannedMax) {
                page.next = crypto::hex(last);
                break;
            }
            last = place;
            ++scanned;
            const auto head = LineHead::read(row.value);
            if (head && !heads.may_admit(*head, place.substr(sizeof(std::uint64_t), sizeof(std::uint64_t)))) continue;
            TRY_ASSIGN(LoggedEntry one, logged_entry_from(row.key, row.value));  // refuses a row without a head
            TRY_ASSIGN(const bool shown, shows(*snapshot, one, filter, heads, *head, withheld));
            if (!shown) continue;
            room.take(size_of(one.entry.access));
            page.seen.push_back(receipts.seen(std::move(one)));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

namespace {

// Where a page of single entries goes on: behind a line, and where that is a gathering, behind one of its parts.
struct EntryPlace {
    std::string line;  // 24 bytes, or none
    std::string part;  // 16 bytes, or none
    std::string text() const { return crypto::hex(line) + (part.empty() ? "" : "." + crypto::hex(part)); }
    static Result<EntryPlace> from(std::string_view text) {
        EntryPlace out;
        if (text.empty()) return out;
        const std::size_t dot = text.find('.');
        const auto line = crypto::from_hex(text.substr(0, dot));
        const auto part = crypto::from_hex(dot == std::string_view::npos ? "" : text.substr(dot + 1));
        const bool whole = dot == std::string_view::npos ? part && part->empty() : part && part->size() == kPartPlaceBytes;
        if (!line || line->size() != kLinePlaceBytes || !whole) return fail(Category::invalid, "the next link is not one of ours", "_page");
        out.line = *line;
        out.part = *part;
        return out;
    }
};

}  // namespace

// One line's entries, from behind `place.part`; false when the page is full, and then `place` is where it goes on.
Result<bool> AccessView::add_line(const Draft& draft, Receipts& receipts, const LoggedEntry& line, EntryRoom& room, std::string& part,
                                  Page& page) const {
    const bool gathering = is_gathering(line);
    if (part.empty()) {
        room.take(size_of(line.entry.access));
        page.seen.push_back(receipts.seen(line));
        if (gathering) part.assign(kPartPlaceBytes, '\0');  // before the first
    }
    if (!gathering) return true;
    const std::string prefix = part_prefix(*line.entry.access.person, line.entry.access.request_id);
    store::Range range = store::prefix_range(prefix);
    range.from = prefix + part + '\0';
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, draft.snapshot().scan(range, {.entries_max = 100}));
        for (const store::Entry& row : chunk.entries) {
            if (room.full()) return false;
            part = row.key.substr(prefix.size());
            TRY_ASSIGN(LoggedEntry one, logged_entry_from(row.key, row.value));
            const bool the_line = one.log_id == line.log_id && one.entry.index == line.entry.index;
            if (the_line || one.entry.access.request_id != line.entry.access.request_id) continue;
            room.take(size_of(one.entry.access));
            page.seen.push_back(receipts.seen(std::move(one)));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    part.clear();
    return true;
}

Result<AccessView::Page> AccessView::every_entry(const crypto::Pseudonym& person, std::string_view after, std::size_t entries_max) {
    TRY_ASSIGN(EntryPlace place, EntryPlace::from(after));
    TRY(come_up_to_date());
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const auto withheld, withheld_of(draft.snapshot(), person));
    const std::string prefix = list_prefix(person);
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    if (!place.line.empty()) range.to = prefix + place.line + (place.part.empty() ? "" : std::string(1, '\0'));  // the line again, for its parts
    Receipts receipts(*this, draft);
    EntryRoom room{entries_max, kPageBytesMax};
    Page page;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, draft.snapshot().scan(range, {.entries_max = 500}));
        for (const store::Entry& row : chunk.entries) {
            if (room.full()) {
                page.next = place.text();
                return page;
            }
            TRY_ASSIGN(const LoggedEntry line, logged_entry_from(row.key, row.value));
            const bool same = row.key.compare(prefix.size(), std::string::npos, place.line) == 0;
            place.line = row.key.substr(prefix.size());
            if (!same) place.part.clear();
            if (!withheld.empty() && withheld.contains(line_withholding_key(line, ledger_.log_id()))) {
                place.part.clear();
                continue;
            }
            TRY_ASSIGN(const bool whole, add_line(draft, receipts, line, room, place.part, page));
            if (whole) continue;
            page.next = place.text();
            return page;
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

Result<std::optional<LoggedEntry>> AccessView::find(std::string_view log_id, std::uint64_t index) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const Draft draft, this->draft());
    return find_entry(draft, log_id, index);
}

// Where a line of a log or of a user is found, and what the page after it is called.
struct AccessView::Place {
    std::string log_id;
    std::uint64_t index = 0;
    std::string name;
};

// Entries at the places of a range that the filter admits, at most `count_max`, and so many rows looked at.
Result<AccessView::Page> AccessView::found_at(const Draft& draft, store::Range range, const AccessFilter& filter, std::size_t count_max,
                                              const std::function<Place(const store::Entry&)>& place_of) {
    Receipts receipts(*this, draft);
    EntryRoom room{count_max, kPageBytesMax};
    Page page;
    std::size_t scanned = 0;
    std::string last;
    for (bool more = range.from < range.to; more && page.next.empty();) {
        TRY_ASSIGN(const auto chunk, draft.snapshot().scan(range, {.entries_max = std::min<std::size_t>(count_max + 1, 1000)}));
        for (const store::Entry& row : chunk.entries) {
            const Place place = place_of(row);
            if (room.full() || scanned == kPlacesScannedMax) {
                page.next = range.reverse ? last : place.name;
                break;
            }
            last = place.name;
            ++scanned;
            TRY_ASSIGN(auto one, find_entry(draft, place.log_id, place.index));
            if (one && one->entry.open && filter.admits(one->entry.access, one->log_id) &&
                filter.admits_categories(one->entry.access) && !filter.leaves_out(one->entry.access, one->log_id)) {
                room.take(size_of(one->entry.access));
                page.seen.push_back(receipts.seen(std::move(*one)));
            }
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

Result<AccessView::Page> AccessView::of_log(std::string_view log_id, const AccessFilter& filter, std::string_view after,
                                            std::size_t count_max) {
    std::uint64_t first = 0;
    const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), first);
    if (!after.empty() && (error != std::errc() || end != after.data() + after.size()))
        return fail(Category::invalid, "the next link is not one of ours", "_page");
    TRY(come_up_to_date());
    TRY_ASSIGN(const Draft draft, this->draft());
    const std::string prefix = log_key(log_id, 'E');
    store::Range range = store::prefix_range(prefix);
    range.from = entry_key(log_id, first);
    return found_at(draft, range, filter, count_max, [&](const store::Entry& row) {
        const auto index = ByteReader(std::string_view(row.key).substr(prefix.size())).be<std::uint64_t>();
        return Place{std::string(log_id), index, std::to_string(index)};
    });
}

Result<AccessView::Page> AccessView::by_user(std::string_view user_id, const AccessFilter& filter, std::string_view after,
                                             std::size_t count_max) {
    const std::string prefix = user_prefix(user_id);
    TRY_ASSIGN(const store::Range range, lines_of(prefix, filter, after));
    TRY(come_up_to_date());
    TRY_ASSIGN(const Draft draft, this->draft());
    std::map<std::string, std::string, std::less<>> logs;  // by what places call them
    TRY_ASSIGN(const auto ids, known_logs(draft.snapshot()));
    for (const std::string& id : ids) logs.emplace(log_in_place(id), id);
    return found_at(draft, range, filter, count_max, [&](const store::Entry& row) {
        const std::string_view place = std::string_view(row.key).substr(prefix.size());
        const auto log = logs.find(place.substr(sizeof(std::uint64_t), sizeof(std::uint64_t)));
        return Place{log == logs.end() ? "" : log->second, ByteReader(place.substr(2 * sizeof(std::uint64_t))).be<std::uint64_t>(),
                     crypto::hex(place)};
    });
}

// A log while all are read in turns.
struct AccessView::Turn {
    std::string log_id;
    store::Range range;
    bool more = true;
};

Result<bool> AccessView::each_since(Instant since, std::uint64_t count_max, const std::function<bool(const LoggedEntry&)>& visit) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const auto ids, known_logs(draft.snapshot()));
    std::vector<Turn> turns;
    for (const std::string& id : ids) {
        turns.push_back({id, store::prefix_range(log_key(id, 'E'))});
        turns.back().range.reverse = true;
    }
    for (std::uint64_t left = count_max; !turns.empty();) {
        for (Turn& turn : turns) {
            if (left == 0) return false;
            TRY_ASSIGN(const bool goes_on, take_turn(draft, turn, since, left, visit));
            if (!goes_on) return false;
        }
        std::erase_if(turns, [](const Turn& turn) { return !turn.more; });
    }
    return true;
}

// Its next rows, newest first; false when `visit` has enough. An entry's time is its node's word, so one that is older says nothing
// about those before it: all are looked at.
Result<bool> AccessView::take_turn(const Draft& draft, Turn& turn, Instant since, std::uint64_t& left,
                                   const std::function<bool(const LoggedEntry&)>& visit) const {
    TRY_ASSIGN(const auto chunk, draft.snapshot().scan(turn.range, {.entries_max = std::min<std::size_t>(left, kEntriesAtOnce)}));
    turn.more = chunk.more;
    if (turn.more) turn.range = store::rest_of(turn.range, chunk.entries.back().key);
    for (const store::Entry& row : chunk.entries) {
        --left;
        const auto index = ByteReader(std::string_view(row.key).substr(row.key.size() - sizeof(std::uint64_t))).be<std::uint64_t>();
        TRY_ASSIGN(const auto one, find_entry(draft, turn.log_id, index));
        if (!one || !one->entry.access.person || one->entry.access.time < since) continue;
        if (!visit(*one)) return false;
    }
    return true;
}

Result<std::vector<std::string>> AccessView::logs() const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return known_logs(*snapshot);
}

Result<bool> AccessView::is_withheld(const LoggedEntry& one) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, withheld_of(*snapshot, *one.entry.access.person));
    return withheld.contains(key);
}

Result<bool> AccessView::is_withheld(const Seen& seen) const {
    return is_withheld({seen.receipt.log_id, {.index = seen.receipt.index, .hash = {}, .access = seen.access}});
}

Result<std::set<std::uint64_t>> AccessView::kept_closed(const crypto::Pseudonym& person, std::string_view log_id,
                                                        const std::vector<std::uint64_t>& indexes) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, withheld_of(*snapshot, person));
    std::set<std::uint64_t> out;
    if (withheld.empty()) return out;
    const Draft draft(snapshot);
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, log_id));
    for (const std::uint64_t index : indexes) {
        TRY_ASSIGN(const auto entry, find_entry(draft, log_id, index));
        if (!entry || entry->entry.access.person != person) {
            if (index >= progress.next) out.insert(index);  // it could belong to what is withheld
            continue;
        }
        TRY_ASSIGN(const std::string key, withholding_key(draft, *entry, ledger_.log_id()));
        if (withheld.contains(key)) out.insert(index);
    }
    return out;
}

Status AccessView::withhold(const LoggedEntry& one, const Withholding& why) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY(exchange::withhold(draft, *one.entry.access.person, key, why));
    TRY(store_.commit(draft.batch()));
    return {};
}

Status AccessView::lift(const LoggedEntry& one, std::string decision) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY(exchange::lift(draft, key, clock_.now(), std::move(decision)));
    TRY(store_.commit(draft.batch()));
    return {};
}

Result<std::vector<Withholding>> AccessView::withheld(std::size_t count_max) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return withholdings(*snapshot, count_max);
}

Result<std::size_t> AccessView::purge(const rights::RuleTable& table) {
    TRY_ASSIGN(const auto ids, logs());
    std::size_t looked = 0;
    for (const std::string& id : ids) {
        const std::lock_guard lock(writing_);
        TRY_ASSIGN(Draft draft, this->draft());
        TRY_ASSIGN(const std::size_t count, purge_log(draft, table, id, clock_.now(), kEntriesAtOnce));
        if (count == 0) continue;
        TRY(store_.commit(draft.batch()));
        looked += count;
    }
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::size_t tickets, forget_unanswered(draft, clock_.now() - kept_for(table.log_years), kEntriesAtOnce));
    if (tickets > 0) TRY(store_.commit(draft.batch()));
    return looked + tickets;
}

Result<std::vector<PurgedByRule>> AccessView::purged() const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return purged_by_rule(*snapshot);
}

}  // namespace idun::exchange
