#include "exchange/log_accounts.h"

#include <array>
#include <set>

#include "base/bytes.h"
#include "ledger/receipt.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

const std::string kLogsKnown = "logsknwnW";
const std::string kCounts = "logscnt C";    // + log id: tickets, receipts, matched
const std::string kFaults = "logsfltsF";    // + log id, 0, fault
const std::string kPromises = "logspromT";  // + time, log, index: log id
constexpr std::size_t kPlaceOfPromise = 24;

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

// The promise in order of time, for its person and for all.
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
    draft.put(kPromises + place, std::string(log_id));
}

void erase_promise(Draft& draft, std::string_view log_id, std::uint64_t index, const Promise& promise) {
    draft.erase(promise_key(log_id, index));
    const std::string place = promise_place(promise, log_id, index);
    draft.erase(store::person_key(promise.person, 'Q') + place);
    draft.erase(kPromises + place);
}

Result<std::optional<Promise>> promise_of(const Draft& draft, std::string_view log_id, std::uint64_t index) {
    TRY_ASSIGN(const auto value, draft.get(promise_key(log_id, index)));
    if (!value) return std::optional<Promise>();
    ByteReader reader(*value);
    Promise out;
    out.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    const auto person = crypto::Pseudonym::from(reader.take(crypto::kPseudonymBytes));
    out.request_id = reader.text();
    if (!person || !reader.done()) return broken_account();
    out.person = *person;
    return std::optional<Promise>(std::move(out));
}

struct Counts {
    std::uint64_t tickets = 0, receipts = 0, matched = 0;
};

Result<Counts> counts_from(const std::optional<std::string>& value) {
    Counts out;
    if (!value) return out;
    ByteReader reader(*value);
    for (std::uint64_t* number : {&out.tickets, &out.receipts, &out.matched}) *number = reader.be<std::uint64_t>();
    if (!reader.done()) return broken_account();
    return out;
}

Status count(Draft& draft, std::string_view log_id, std::uint64_t Counts::* which) {
    const std::string key = kCounts + std::string(log_id);
    TRY_ASSIGN(const auto value, draft.get(key));
    TRY_ASSIGN(Counts counts, counts_from(value));
    ++(counts.*which);
    std::string out;
    for (const std::uint64_t number : {counts.tickets, counts.receipts, counts.matched}) append_be(out, number);
    draft.put(key, std::move(out));
    return {};
}

bool keeps(const Promise& promise, const ledger::Access& access) {
    return access.person == promise.person && access.request_id == promise.request_id && !access.ticket_id.empty();
}

// A receipt that has come back: its entry is here already, or is waited for.
Status account_receipt(Draft& draft, const ledger::Receipt& receipt, const Promise& promise) {
    TRY(count(draft, receipt.log_id, &Counts::receipts));
    TRY_ASSIGN(const auto entry, find_entry(draft, receipt.log_id, receipt.index));
    if (entry && keeps(promise, entry->entry.access)) return count(draft, receipt.log_id, &Counts::matched);
    put_promise(draft, receipt.log_id, receipt.index, promise);
    if (entry) return note_fault(draft, receipt.log_id, LogFault::contradicted, receipt.index, promise.time);
    return {};
}

std::string fault_prefix(std::string_view log_id) { return kFaults + std::string(log_id) + '\0'; }

Result<FaultSeen> fault_from(std::uint8_t fault, std::string_view value) {
    ByteReader reader(value);
    FaultSeen out;
    out.fault = static_cast<LogFault>(fault);
    out.first.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.last.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.count = reader.be<std::uint64_t>();
    out.index = reader.be<std::uint64_t>();
    if (!reader.done()) return broken_account();
    return out;
}

// Every row of the range, at most `rows_max` of them.
Result<std::vector<store::Entry>> rows_of(const store::Snapshot& snapshot, store::Range range, std::size_t rows_max) {
    std::vector<store::Entry> out;
    for (bool more = true; more && out.size() < rows_max;) {
        TRY_ASSIGN(auto chunk, snapshot.scan(range, {.entries_max = std::min<std::size_t>(1000, rows_max - out.size())}));
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
        for (store::Entry& row : chunk.entries) out.push_back(std::move(row));
    }
    return out;
}

// The promises that should have been kept by now, oldest first.
Result<std::vector<MissingEntry>> overdue(const store::Snapshot& snapshot, const std::string& prefix,
                                          const AccountBounds& bounds, Instant now, std::size_t count_max, bool newest) {
    store::Range range = store::prefix_range(prefix);
    range.to = prefix;
    append_be(range.to, millis(now - bounds.within));
    range.reverse = newest;
    TRY_ASSIGN(const auto rows, rows_of(snapshot, range, count_max));
    std::vector<MissingEntry> out;
    for (const store::Entry& row : rows) {
        const std::string_view place = std::string_view(row.key).substr(prefix.size());
        if (place.size() != kPlaceOfPromise) return broken_account();
        ByteReader reader(place);
        MissingEntry& one = out.emplace_back();
        one.log_id = row.value;
        one.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
        reader.take(store::kPartitionBytes);
        one.index = reader.be<std::uint64_t>();
    }
    return out;
}

void add_missing(LogAccount& account, const std::vector<MissingEntry>& missing) {
    for (const MissingEntry& one : missing) {
        if (one.log_id != account.log_id) continue;
        if (++account.missing == 1) account.missing_since = one.time;
    }
}

}  // namespace

std::string_view to_string(LogFault fault) {
    switch (fault) {
        case LogFault::cut_back: return "cut-back";
        case LogFault::changed: return "changed";
        case LogFault::contradicted: return "contradicted";
        case LogFault::unasked: return "unasked";
    }
    return "";
}

Status account_own(Draft& draft, const ledger::Access& access) {
    if (access.action != ledger::Action::gather || !access.permit || !access.person) return {};
    for (const ledger::Source& source : access.sources) {
        if (source.state == "asked") {
            TRY(count(draft, source.provider_id, &Counts::tickets));
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
        TRY(note_fault(draft, one.log_id, LogFault::contradicted, index, now));
    }
    const ledger::Access& access = one.entry.access;
    if (!part && !access.ticket_id.empty() && access.person && access.requester.user_id != hub_log)
        return note_fault(draft, one.log_id, LogFault::unasked, index, now);
    return {};
}

Status note_fault(Draft& draft, std::string_view log_id, LogFault fault, std::uint64_t index, Instant now) {
    const std::string key = fault_prefix(log_id) + static_cast<char>(fault);
    TRY_ASSIGN(const auto value, draft.get(key));
    FaultSeen seen{fault, now, now, 0, index};
    if (value) {
        TRY_ASSIGN(seen, fault_from(static_cast<std::uint8_t>(fault), *value));
    }
    std::string out;
    for (const std::uint64_t number : {millis(seen.first), millis(now), seen.count + 1, index}) append_be(out, number);
    draft.put(key, std::move(out));
    return {};
}

void note_backlog(LogProgress& progress, Instant now) {
    if (progress.next >= progress.size) progress.behind_since.reset();
    else if (!progress.behind_since) progress.behind_since = now;
}

Result<LogAccount> log_account(const store::Snapshot& snapshot, std::string_view log_id, const AccountBounds& bounds,
                               Instant now) {
    LogAccount out;
    out.log_id = log_id;
    const std::vector<std::string> keys{progress_key(log_id), kCounts + std::string(log_id)};
    TRY_ASSIGN(const auto values, snapshot.multi_get(keys));
    if (values[0]) {
        TRY_ASSIGN(out.progress, progress_from(*values[0]));
    }
    TRY_ASSIGN(const Counts counts, counts_from(values[1]));
    out.tickets = counts.tickets;
    out.receipts = counts.receipts;
    out.matched = counts.matched;
    out.behind = out.progress.behind_since && now - *out.progress.behind_since > bounds.within;
    out.silent = values[0] && now - out.progress.heard > bounds.silent_after;
    TRY_ASSIGN(const auto faults, rows_of(snapshot, store::prefix_range(fault_prefix(log_id)), 256));
    for (const store::Entry& row : faults) {
        TRY_ASSIGN(out.faults.emplace_back(), fault_from(static_cast<std::uint8_t>(row.key.back()), row.value));
    }
    return out;
}

Result<std::vector<LogAccount>> log_accounts(const store::Snapshot& snapshot, std::string_view hub_log,
                                             const AccountBounds& bounds, Instant now) {
    std::set<std::string> ids;
    for (const std::string& prefix : {kLogsKnown, kCounts}) {
        TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(prefix), SIZE_MAX));
        for (const store::Entry& row : rows) ids.insert(row.key.substr(prefix.size()));
    }
    ids.erase(std::string(hub_log));
    TRY_ASSIGN(const auto missing, overdue(snapshot, kPromises, bounds, now, kMissingCounted, false));
    std::vector<LogAccount> out;
    for (const std::string& id : ids) {
        TRY_ASSIGN(out.emplace_back(), log_account(snapshot, id, bounds, now));
        add_missing(out.back(), missing);
    }
    return out;
}

Result<std::vector<MissingEntry>> missing_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                const AccountBounds& bounds, Instant now, std::size_t count_max) {
    return overdue(snapshot, store::person_key(person, 'Q'), bounds, now, count_max, true);
}

}  // namespace idun::exchange
