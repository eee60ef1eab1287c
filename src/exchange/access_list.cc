// The list of accesses as it is read: a person's lines, every entry about her, and what supervisors look through.
#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "exchange/access_view.h"
#include "exchange/log_rows.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kTurnRows = 1000;
constexpr std::size_t kRowsScannedMax = 50'000;  // for one page; then the next link goes on
constexpr std::size_t kPlacesScannedMax = 20'000;  // each is looked up by itself

// About as many bytes as it has as an AuditEvent.
std::size_t size_of(const ledger::Access& access) {
    std::size_t out = 1'000 + access.query.size() + access.requester.name.size() + access.requester.user_id.size();
    for (const ledger::Record& one : access.records) out += 250 + one.type.size() + one.id.size() + one.version.size() + one.provider_id.size();
    for (const ledger::Source& one : access.sources) out += 250 + one.provider_id.size() + one.receipt.size();
    return out;
}

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

bool AccessView::is_gathering(const LoggedEntry& one) const {
    const ledger::Access& access = one.entry.access;
    return ledger::owner_of(one.log_id) == ledger::owner_of(ledger_.log_id()) &&
           access.action == ledger::Action::gather && access.permit && !access.request_id.empty();
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

// Every part counts, also those that a list does not show. Words without a bit of their own stand in the parts alone.
Result<bool> AccessView::parts_left_out(const store::Snapshot& snapshot, const ledger::Access& gathering, std::optional<std::uint8_t> categories,
                                        const AccessFilter& filter, JudgedParts& judged) const {
    if (!filter.leaves_out_any()) return false;
    if (categories && filter.leaves_out_parts(gathering, ledger_.log_id(), *categories)) return true;
    if (categories && (*categories & kOtherCategory) == 0) return false;
    if (const auto known = judged.of(gathering)) return *known;
    TRY_ASSIGN(const bool out, any_part_left_out(snapshot, gathering, filter));
    judged.keep(gathering, out);
    return out;
}

Result<bool> AccessView::any_part_left_out(const store::Snapshot& snapshot, const ledger::Access& gathering, const AccessFilter& filter) const {
    store::Range range = store::prefix_range(part_prefix(*gathering.person, gathering.request_id));
    for (bool more = true; more;) {  // kPartsMax at most
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& row : chunk.entries) {
            TRY_ASSIGN(const LoggedEntry part, logged_entry_from(row.key, row.value));
            if (is_gathering(part)) continue;  // its own beginning
            if (part.entry.access.request_id == gathering.request_id && filter.leaves_out(part.entry.access, ledger_.log_id())) return true;
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return false;
}

Result<bool> AccessView::shows(const store::Snapshot& snapshot, LoggedEntry& one, const AccessFilter& filter, const HeadFilter& heads,
                               const LineHead& head, const std::set<std::string>& withheld) const {
    ledger::Access& access = one.entry.access;
    if (!filter.admits(access, one.log_id)) return false;
    if (!withheld.empty() && withheld.contains(line_withholding_key(one, ledger_.log_id()))) return false;
    const bool has_part = heads.has_part_of(head) || filter.admits_categories(access);
    if (is_gathering(one)) {
        JudgedParts judged;  // a list has one line of each gathering
        TRY_ASSIGN(const bool hidden, parts_left_out(snapshot, access, head.parts_categories, filter, judged));
        if (hidden) return false;
        TRY(add_records_of_parts(snapshot, access));
    }
    return (has_part || filter.admits_categories(access)) && filter.admits_data_providers(access, one.log_id) &&
           !filter.leaves_out(access, one.log_id);
}

Result<AccessView::Page> AccessView::about(const crypto::Pseudonym& person, const AccessFilter& filter,
                                           std::string_view after, std::size_t count_max, Sight sight) {
    const std::string prefix = list_prefix(person);
    TRY_ASSIGN(store::Range range, lines_of(prefix, filter, after));
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, sight == Sight::person ? withheld_of(*snapshot, person, clock_.now())
                                                           : Result<std::set<std::string>>({}));
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
            page.seen.back().place = crypto::hex(place);
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

// Each list goes on behind its own place; what is shown ends at the newest of these, so that the next page begins there for all.
Result<AccessView::Page> AccessView::about_all(std::span<const crypto::Pseudonym> numbers, const AccessFilter& filter,
                                               std::string_view after, std::size_t count_max, Sight sight) {
    Page out;
    for (const crypto::Pseudonym& number : numbers) {
        TRY_ASSIGN(Page page, about(number, filter, after, count_max, sight));
        out.next = std::max(out.next, page.next);
        std::ranges::move(page.seen, std::back_inserter(out.seen));
    }
    std::ranges::sort(out.seen, std::greater(), &Seen::place);
    std::erase_if(out.seen, [&](const Seen& one) { return one.place < out.next; });
    if (out.seen.size() > count_max) {
        out.seen.resize(count_max);
        out.next = out.seen.back().place;
    }
    return out;
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
    TRY_ASSIGN(const auto withheld, withheld_of(draft.snapshot(), person, clock_.now()));
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
    JudgedParts judged;
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
            if (!one || !one->entry.open || !filter.admits(one->entry.access, one->log_id) ||
                !filter.admits_records(one->entry.access, one->log_id))
                continue;
            TRY_ASSIGN(const bool hidden, left_out(draft, *one, filter, judged));
            if (hidden) continue;
            room.take(size_of(one->entry.access));
            page.seen.push_back(receipts.seen(std::move(*one)));
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
    TRY_ASSIGN(const auto chunk, draft.snapshot().scan(turn.range, {.entries_max = std::min<std::size_t>(left, kTurnRows)}));
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

}  // namespace idun::exchange
