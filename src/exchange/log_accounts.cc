#include "exchange/log_accounts.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
#include "ledger/receipt.h"
#include "store/person_key.h"
#include "trust/ticket.h"

namespace idun::exchange {
namespace {

const std::string kCounts = "logscnt D";    // + log id: tickets, receipts, matched, issued, refused
const std::string kFaults = "logsfltsF";    // + log id, 0, fault
constexpr std::size_t kPlaceOfPromise = 24;
// By so many numbers a node's entries may be ahead of what the hub knows it has issued: after the hub was set back it goes on
// behind them. More is no number of ours.
constexpr std::uint64_t kAheadMax = 1'000'000;

tl::unexpected<Error> broken_account() { return fail(Category::corrupt, "a row of the logs' accounts is malformed"); }

std::uint64_t millis(Instant time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ms, 0)); }

// What a receipt stands for until its entry is shipped.
struct Promise {
    Instant time;
    crypto::Pseudonym person;
    std::string request_id;
};

std::string promise_key(std::string_view log_id, std::uint64_t index) {
    std::string out = log_key(log_id, 'Q');
    append_be(out, index);
    return out;
}

// The promise in order of time, for its person.
std::string promise_place(const Promise& promise, std::string_view log_id, std::uint64_t index) {
    std::string out;
    append_be(out, millis(promise.time));
    out += log_key(log_id, 'Q').substr(0, store::kPartitionBytes);
    append_be(out, index);
    return out;
}

void put_promise(Draft& draft, std::string_view log_id, std::uint64_t index, const Promise& promise) {
    std::string value;
    append_be(value, millis(promise.time));
    value += promise.person.view();
    append_text(value, promise.request_id);
    draft.put(promise_key(log_id, index), std::move(value));
    const std::string place = promise_place(promise, log_id, index);
    draft.put(store::person_key(promise.person, 'Q') + place, std::string(log_id));
}

void erase_promise(Draft& draft, std::string_view log_id, std::uint64_t index, const Promise& promise) {
    draft.erase(promise_key(log_id, index));
    const std::string place = promise_place(promise, log_id, index);
    draft.erase(store::person_key(promise.person, 'Q') + place);
}

Result<Promise> promise_from(std::string_view value) {
    ByteReader reader(value);
    Promise out;
    out.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    const auto person = crypto::Pseudonym::from(reader.take(crypto::kPseudonymBytes));
    out.request_id = reader.text();
    if (!person || !reader.done()) return broken_account();
    out.person = *person;
    return out;
}

Result<std::optional<Promise>> promise_of(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    TRY_ASSIGN(const auto value, draft.get(promise_key(log_id, index)));
    if (!value) return std::optional<Promise>();
    TRY_ASSIGN(Promise out, promise_from(*value));
    return std::optional<Promise>(std::move(out));
}

struct Counts {
    std::uint64_t tickets = 0, receipts = 0, matched = 0, issued = 0, refused = 0;
};

std::string encode(const Counts& counts) {
    std::string out;
    for (const std::uint64_t number : {counts.tickets, counts.receipts, counts.matched, counts.issued, counts.refused})
        append_be(out, number);
    return out;
}

Result<Counts> counts_from(const std::optional<std::string>& value) {
    Counts out;
    if (!value) return out;
    ByteReader reader(*value);
    for (std::uint64_t* number : {&out.tickets, &out.receipts, &out.matched, &out.issued, &out.refused})
        *number = reader.be<std::uint64_t>();
    if (!reader.done()) return broken_account();
    return out;
}

Result<Counts> counts_of(const Draft& draft, std::string_view log_id) {
    TRY_ASSIGN(const auto value, draft.get(kCounts + std::string(log_id)));
    return counts_from(value);
}

Status count(Draft& draft, std::string_view log_id, std::uint64_t Counts::* which) {
    TRY_ASSIGN(Counts counts, counts_of(draft, log_id));
    ++(counts.*which);
    draft.put(kCounts + std::string(log_id), encode(counts));
    return {};
}

// The next ticket's number is behind this one.
Status number_seen(Draft& draft, std::string_view node, std::uint64_t number) {
    TRY_ASSIGN(Counts counts, counts_of(draft, node));
    if (number <= counts.issued || number - counts.issued > kAheadMax) return {};
    counts.issued = number;
    draft.put(kCounts + std::string(node), encode(counts));
    return {};
}

bool keeps(const Promise& promise, const ledger::Access& access) {
    return access.person == promise.person && access.request_id == promise.request_id && !access.ticket_id.empty();
}

// A receipt that has come back: its entry is here already, or is waited for.
Status account_receipt(Draft& draft, const ledger::Receipt& receipt, const Promise& promise) {
    TRY(count(draft, receipt.log_id, &Counts::receipts));
    TRY(settle_tickets_of(draft, ledger::owner_of(receipt.log_id), promise.request_id));
    TRY_ASSIGN(const auto entry, find_entry(draft, receipt.log_id, receipt.index));
    if (entry && keeps(promise, entry->entry.access)) return count(draft, receipt.log_id, &Counts::matched);
    put_promise(draft, receipt.log_id, receipt.index, promise);
    if (entry) return note_fault(draft, receipt.log_id, {LogFault::contradicted, receipt.index}, promise.time);
    return {};
}

std::string fault_prefix(std::string_view log_id) { return kFaults + std::string(log_id) + '\0'; }
std::string fault_key(std::string_view log_id, LogFault fault) {
    return fault_prefix(log_id) + static_cast<char>(fault);
}

std::string encode(const FaultSeen& seen) {
    std::string out;
    for (const std::uint64_t number : {millis(seen.first), millis(seen.last), seen.count, seen.index})
        append_be(out, number);
    append_text(out, seen.checkpoint);
    return out;
}

// What a key that is not known has signed is forged, as far as the hub can tell: one fact with what is known to be.
void add_strange(std::optional<FaultSeen>& forged, const StrangeKey& one) {
    if (!forged) forged = FaultSeen{LogFault::forged, one.first, one.last, 0, one.index, one.checkpoint};
    forged->first = std::min(forged->first, one.first);
    forged->count += one.count;
    if (one.last <= forged->last) return;
    forged->last = one.last;
    forged->index = one.index;
    forged->checkpoint = one.checkpoint;
}

Result<FaultSeen> fault_from(std::uint8_t fault, std::string_view value) {
    ByteReader reader(value);
    FaultSeen out;
    out.fault = static_cast<LogFault>(fault);
    out.first.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.last.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.count = reader.be<std::uint64_t>();
    out.index = reader.be<std::uint64_t>();
    out.checkpoint = reader.text();
    if (!reader.done()) return broken_account();
    return out;
}

// The promises of one log that should have been kept by now.
Status add_missing(LogAccount& account, const store::Snapshot& snapshot, Instant before) {
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(log_key(account.log_id, 'Q')), kMissingCounted));
    for (const store::Entry& row : rows) {
        TRY_ASSIGN(const Promise promise, promise_from(row.value));
        if (promise.time >= before) continue;
        ++account.missing;
        account.missing_since = std::min(account.missing_since.value_or(promise.time), promise.time);
    }
    return {};
}

// Resolved, or forged as far as anybody knows.
void add_strange(LogAccount& account, std::vector<StrangeKey> strange) {
    const auto is_forged = [](const FaultSeen& seen) { return seen.fault == LogFault::forged; };
    const auto at = std::find_if(account.faults.begin(), account.faults.end(), is_forged);
    std::optional<FaultSeen> forged;
    if (at != account.faults.end()) forged = *at;
    for (StrangeKey& one : strange) {
        if (one.resolved)
            account.unverifiable.push_back(std::move(one));
        else
            add_strange(forged, one);
    }
    if (!forged) return;
    if (at != account.faults.end())
        *at = *forged;
    else
        account.faults.insert(
            std::upper_bound(account.faults.begin(), account.faults.end(), *forged,
                             [](const FaultSeen& a, const FaultSeen& b) { return a.fault < b.fault; }),
            *forged);
}

Status add_unanswered(LogAccount& account, const store::Snapshot& snapshot, Instant before) {
    TRY_ASSIGN(const auto tickets, unanswered_of(snapshot, account.log_id, before, kMissingCounted));
    account.unanswered = tickets.size();
    if (!tickets.empty()) account.unanswered_since = tickets.front().time;
    return {};
}

}  // namespace

std::string_view to_string(LogFault fault) {
    switch (fault) {
        case LogFault::cut_back: return "cut-back";
        case LogFault::changed: return "changed";
        case LogFault::contradicted: return "contradicted";
        case LogFault::unasked: return "unasked";
        case LogFault::forged: return "forged";
        case LogFault::forked: return "forked";
        case LogFault::unfit: return "unfit";
        case LogFault::hidden: return "hidden";
        case LogFault::miscounted: return "miscounted";
    }
    return "";
}

Status account_ticket(Draft& draft, const std::string& node, const IssuedTicket& ticket) {
    TRY(count(draft, node, &Counts::tickets));
    TRY_ASSIGN(Counts counts, counts_of(draft, node));
    counts.issued = std::max(counts.issued, trust::ticket_number(ticket.id).value_or(0));
    draft.put(kCounts + node, encode(counts));
    return note_ticket(draft, node, ticket);
}

Status account_refused(Draft& draft, std::string_view node, const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
        TRY_ASSIGN(const Settled settled, settle_ticket(draft, node, id));
        if (settled == Settled::yes || settled == Settled::of_hub) TRY(count(draft, node, &Counts::refused));
    }
    return {};
}

Result<std::uint64_t> newest_ticket(const Draft& draft, std::string_view node) {
    TRY_ASSIGN(const Counts counts, counts_of(draft, node));
    return counts.issued;
}

Status account_own(Draft& draft, const ledger::Access& access) {
    if (access.action != ledger::Action::gather || !access.permit || !access.person) return {};
    for (const ledger::Source& source : access.sources) {
        if (source.state == "asked" && !source.receipt.empty()) {
            TRY(account_ticket(draft, source.provider_id, {source.receipt, access.time, *access.person, access.request_id}));
            continue;
        }
        const auto receipt = ledger::Receipt::from_text(source.receipt);
        if (!receipt) continue;
        TRY(account_receipt(draft, *receipt, {access.time, *access.person, access.request_id}));
    }
    return {};
}

Status account_shipped(Draft& draft, const LoggedEntry& one, bool part, std::string_view hub_log, Instant now) {
    const std::uint64_t index = one.entry.index;
    TRY_ASSIGN(const auto promise, promise_of(draft, one.log_id, index));
    if (promise && keeps(*promise, one.entry.access)) {
        erase_promise(draft, one.log_id, index, *promise);
        TRY(count(draft, one.log_id, &Counts::matched));
    } else if (promise) {
        TRY(note_fault(draft, one.log_id, {LogFault::contradicted, index}, now));
    }
    const ledger::Access& access = one.entry.access;
    if (access.ticket_id.empty()) return {};
    const std::string_view node = ledger::owner_of(one.log_id);
    TRY_ASSIGN(const Settled settled, settle_ticket(draft, node, access.ticket_id));
    if (const auto number = trust::ticket_number(access.ticket_id)) TRY(number_seen(draft, node, *number));
    // That it was the hub who asked is what its own row says, not the node.
    const bool of_hub = settled == Settled::of_hub && access.requester.user_id == ledger::owner_of(hub_log);
    if (settled == Settled::other_ticket || (!part && access.person && !of_hub))
        return note_fault(draft, one.log_id, {LogFault::unasked, index}, now);
    return {};
}

Status forget_promises(Draft& draft, const crypto::Pseudonym& person) {
    const std::string prefix = store::person_key(person, 'Q');
    TRY_ASSIGN(const auto rows, rows_of(draft.snapshot(), store::prefix_range(prefix), SIZE_MAX));
    for (const store::Entry& row : rows) {
        const std::string place = row.key.substr(prefix.size());
        if (place.size() != kPlaceOfPromise) return broken_account();
        const auto index = ByteReader(std::string_view(place).substr(place.size() - sizeof(std::uint64_t))).be<std::uint64_t>();
        draft.erase(promise_key(row.value, index));
            draft.erase(row.key);
    }
    return {};
}

Status note_fault(Draft& draft, std::string_view log_id, const FaultAt& what, Instant now) {
    const std::string key = fault_key(log_id, what.fault);
    TRY_ASSIGN(const auto value, draft.get(key));
    FaultSeen seen{what.fault, now, now, 0, what.index, {}};
    if (value) {
        TRY_ASSIGN(seen, fault_from(static_cast<std::uint8_t>(what.fault), *value));
    }
    seen.last = now;
    ++seen.count;
    seen.index = what.index;
    seen.checkpoint = what.checkpoint;
    draft.put(key, encode(seen));
    return {};
}

Status note_forged(Draft& draft, std::string_view log_id, std::uint64_t index, std::string_view checkpoint,
                   const crypto::KeySet& keys, Instant now) {
    if (const auto key_id = strange_key(checkpoint, keys)) {
        TRY_ASSIGN(const bool noted, note_strange(draft, log_id, *key_id, index, checkpoint, now));
        if (noted) return {};
    }
    return note_fault(draft, log_id, {LogFault::forged, index, checkpoint}, now);
}

Status judge_strange(Draft& draft, std::string_view log_id, const crypto::KeySet& keys, Instant now) {
    TRY_ASSIGN(const auto forged, resolve_strange(draft, log_id, keys, now));
    if (forged.empty()) return {};
    const std::string key = fault_key(log_id, LogFault::forged);
    TRY_ASSIGN(const auto value, draft.get(key));
    std::optional<FaultSeen> seen;
    if (value) {
        TRY_ASSIGN(seen, fault_from(static_cast<std::uint8_t>(LogFault::forged), *value));
    }
    for (const StrangeKey& one : forged) add_strange(seen, one);
    draft.put(key, encode(*seen));
    return {};
}

void note_backlog(LogProgress& progress, Instant now) {
    if (progress.next >= progress.size) progress.behind_since.reset();
    else if (!progress.behind_since) progress.behind_since = now;
}

Result<LogAccount> log_account(const store::Snapshot& snapshot, std::string_view log_id, const AccountBounds& bounds,
                               const ExpectedLogs& expected, Instant now) {
    LogAccount out;
    out.log_id = log_id;
    const std::vector<std::string> keys{progress_key(log_id), kCounts + std::string(log_id), clock_key(log_id)};
    TRY_ASSIGN(const auto values, snapshot.multi_get(keys));
    if (values[0]) {
        TRY_ASSIGN(out.progress, progress_from(*values[0]));
    }
    if (values[2]) {
        TRY_ASSIGN(out.clock, clock_from(*values[2]));
        out.clock_wrong = now - out.clock->last <= bounds.silent_after;
    }
    TRY_ASSIGN(const Counts counts, counts_from(values[1]));
    out.tickets = counts.tickets;
    out.receipts = counts.receipts;
    out.matched = counts.matched;
    out.issued = counts.issued;
    out.refused = counts.refused;
    out.behind = out.progress.behind_since && now - *out.progress.behind_since > bounds.within;
    const bool open = out.progress.successor.empty();
    const auto heard = values[0] ? std::optional(out.progress.heard) : expected.since(out.log_id);
    out.silent = open && heard && now - *heard > bounds.silent_after;
    if (out.silent) out.silent_since = heard;
    TRY_ASSIGN(const auto faults, rows_of(snapshot, store::prefix_range(fault_prefix(log_id)), 256));
    for (const store::Entry& row : faults) {
        TRY_ASSIGN(out.faults.emplace_back(), fault_from(static_cast<std::uint8_t>(row.key.back()), row.value));
    }
    TRY_ASSIGN(out.stated, stated_count(snapshot, log_id));
    TRY_ASSIGN(auto strange, strange_keys_of(snapshot, log_id));
    add_strange(out, std::move(strange));
    return out;
}

Result<std::vector<LogAccount>> log_accounts(const store::Snapshot& snapshot, std::string_view hub_log,
                                             const AccountBounds& bounds, const ExpectedLogs& expected, Instant now) {
    std::set<std::string> ids;
    for (std::string& owner : expected.owners()) ids.insert(std::move(owner));
    TRY_ASSIGN(const auto known, known_logs(snapshot));
    ids.insert(known.begin(), known.end());
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(kCounts), SIZE_MAX));
    for (const store::Entry& row : rows) ids.insert(row.key.substr(kCounts.size()));
    TRY_ASSIGN(const auto faults, rows_of(snapshot, store::prefix_range(kFaults), SIZE_MAX));
    for (const store::Entry& row : faults)
        ids.insert(row.key.substr(kFaults.size(), row.key.size() - kFaults.size() - 2));
    TRY_ASSIGN(const auto strange, logs_with_strange_keys(snapshot));
    ids.insert(strange.begin(), strange.end());
    ids.erase(std::string(hub_log));
    std::vector<LogAccount> out;
    for (const std::string& id : ids) {
        TRY_ASSIGN(out.emplace_back(), log_account(snapshot, id, bounds, expected, now));
        TRY(add_missing(out.back(), snapshot, now - bounds.within));
        TRY(add_unanswered(out.back(), snapshot, now - bounds.within));
    }
    return out;
}

Result<std::vector<UnansweredTicket>> unanswered_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                       const AccountBounds& bounds, Instant now, std::size_t count_max) {
    return unanswered_about(snapshot, person, now - bounds.within, count_max);
}

Result<std::vector<MissingEntry>> missing_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                const AccountBounds& bounds, Instant now, std::size_t count_max) {
    const std::string prefix = store::person_key(person, 'Q');
    store::Range range = store::prefix_range(prefix);
    range.to = prefix;
    append_be(range.to, millis(now - bounds.within));
    range.reverse = true;
    TRY_ASSIGN(const auto rows, rows_of(snapshot, range, count_max));
    std::vector<MissingEntry> out;
    std::vector<std::string> promises;
    for (const store::Entry& row : rows) {
        const std::string_view place = std::string_view(row.key).substr(prefix.size());
        if (place.size() != kPlaceOfPromise) return broken_account();
        ByteReader reader(place);
        MissingEntry& one = out.emplace_back();
        one.log_id = row.value;
        one.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
        reader.take(store::kPartitionBytes);
        one.index = reader.be<std::uint64_t>();
        promises.push_back(promise_key(one.log_id, one.index));
    }
    TRY_ASSIGN(const auto values, snapshot.multi_get(promises));
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (!values[i]) continue;
        TRY_ASSIGN(Promise promise, promise_from(*values[i]));
        // A node may give one receipt for two questions: the row is the later one's.
        if (promise.time == out[i].time) out[i].request_id = std::move(promise.request_id);
    }
    return out;
}

store::Tables account_tables() {
    store::Tables out;
    out.push_back({.name = "logs.counts", .prefix = kCounts, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       if (key.size() == kCounts.size()) return broken_account();
                       TRY(counts_from(std::string(value)));
                       return {};
                   }});
    out.push_back({.name = "logs.faults", .prefix = kFaults, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       if (key.size() <= kFaults.size() + 2 || key[key.size() - 2] != '\0' || to_string(static_cast<LogFault>(key.back())).empty()) return broken_account();
                       TRY_ASSIGN(const FaultSeen seen, fault_from(static_cast<std::uint8_t>(key.back()), value));
                       return seen.count > 0 && seen.first <= seen.last ? Status() : broken_account();
                   }});
    // The promise of a receipt, by its log and by its person.
    out.push_back({.name = "logs.promises", .letter = 'Q', .owns = [](std::string_view key, std::string_view) { return key.size() == kNumberKeyBytes; },
                   .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       TRY_ASSIGN(const Promise promise, promise_from(value));
                       std::string place;
                       append_be(place, millis(promise.time));
                       place += key.substr(0, store::kPartitionBytes);
                       append_be(place, number_at_end(key));
                       const std::string whole(key);
                       owed.row(store::person_key(promise.person, 'Q') + place, [whole](const store::Snapshot&, const auto& id) -> std::string_view {
                           return id && promise_key(*id, number_at_end(whole)) == whole ? "" : "its person's row is missing, or of another log";
                       });
                       return {};
                   }});
    out.push_back({.name = "accesses.promises", .letter = 'Q', .owns = [](std::string_view key, std::string_view) { return key.size() != kNumberKeyBytes; },
                   .whose = store::whose_row,
                   .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key.size() != kBareKeyBytes + kPlaceOfPromise || value.empty()) return broken_account();
                       const std::uint64_t index = number_at_end(key);
                       owed.row(promise_key(value, index), [person = whose_key(key), place = std::string(key.substr(kBareKeyBytes)), log = std::string(value), index](const store::Snapshot&, const auto& row) -> std::string_view {
                           const auto promise = row ? promise_from(*row) : Result<Promise>(broken_account());
                           return promise && promise->person == person && promise_place(*promise, log, index) == place ? "" : "its log's row is missing, or of another";
                       });
                       return {};
                   }});
    return out;
}

}  // namespace idun::exchange
