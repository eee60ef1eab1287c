// Whether every access is accounted for: tickets that the hub issued, receipts that came back, entries that were shipped,
// and what the owners of logs say of their size. What does not fit becomes a fact that patients, operators and the
// supervisor see. Rules and bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "exchange/access_rows.h"
#include "exchange/issued_tickets.h"
#include "exchange/log_clock.h"
#include "exchange/log_rows.h"
#include "exchange/stated_counts.h"
#include "exchange/strange_keys.h"
#include "store/store.h"

namespace idun::exchange {

// On disk.
enum class LogFault : std::uint8_t {
    cut_back = 1,       // the log says that it has fewer entries than before
    changed = 2,        // an entry was shipped again with other words
    contradicted = 3,   // an entry is not what its receipt stood for
    unasked = 4,        // an entry names a ticket that the hub has not issued for it
    forged = 5,         // a checkpoint that the owner's key did not sign, or of another log or size
    forked = 6,         // two signed checkpoints of one size with different roots
    unfit = 7,          // the entries are not those of the tree that the owner has signed
    hidden = 8,         // entries about a person came as ones that nobody can open, and later ones of hers opened
    miscounted = 9,     // the owner states fewer accesses than came, or more than can be
};
std::string_view to_string(LogFault fault);

struct FaultSeen {
    LogFault fault = LogFault::cut_back;
    Instant first;
    Instant last;
    std::uint64_t count = 0;
    std::uint64_t index = 0;  // the entry, the last time
    std::string checkpoint;   // that the owner sent with it, the last time: what it can be held to
};

struct LogAccount {
    std::string log_id;
    LogProgress progress;         // all zero: nothing was ever shipped
    std::uint64_t tickets = 0;    // issued by the hub
    std::uint64_t issued = 0;     // number of the newest
    std::uint64_t refused = 0;    // that the node says it refused without an entry
    std::uint64_t unanswered = 0; // that nothing came of for longer than it may; at most kMissingCounted
    std::optional<Instant> unanswered_since;
    std::uint64_t receipts = 0;   // that answers brought back
    std::uint64_t matched = 0;    // of these, entries that are here
    std::uint64_t missing = 0;    // receipts without entry for longer than they may; at most kMissingCounted
    std::optional<Instant> missing_since;
    bool behind = false;          // it has said for a while that it has more entries than it ships
    bool silent = false;          // not heard of for a while
    std::optional<Instant> silent_since;
    std::optional<ClockSeen> clock;  // that its clock was wrong, ever
    bool clock_wrong = false;        // and was so lately
    std::vector<FaultSeen> faults;
    std::optional<StatedCount> stated;  // how many accesses its owner has signed that it holds
    std::vector<StrangeKey>
        unverifiable;  // what was signed with a key that was not known here, and is now: it accuses nobody
    bool complete() const { return missing == 0 && !behind && !silent && !clock_wrong && faults.empty(); }
    // Nor is there a ticket that nothing has come of.
    bool accounted() const { return complete() && unanswered == 0; }
};
inline constexpr std::uint64_t kMissingCounted = 10'000;

// An access whose receipt came back and whose entry did not.
struct MissingEntry {
    std::string log_id;
    std::uint64_t index = 0;
    Instant time;
    std::string request_id;  // of its gathering
};

struct AccountBounds {
    std::chrono::milliseconds within{900'000};        // an entry may come that long after its receipt
    std::chrono::milliseconds silent_after{900'000};  // without a sign of life
    std::chrono::milliseconds clock_within{60'000};   // an entry's time may be off by so much
};

// Whose nodes ship their logs, as the directory says: a log of which nothing was ever heard is silent since its owner is there.
struct ExpectedLogs {
    std::function<std::vector<std::string>()> owners = [] { return std::vector<std::string>(); };
    std::function<std::optional<Instant>(const std::string& owner)> since = [](const std::string&) { return std::optional<Instant>(); };
};

// A ticket for the node has been issued; the hub's log says so, or this commit does.
Status account_ticket(Draft& draft, const std::string& node, const IssuedTicket& ticket);
// Ids that the node says it refused.
Status account_refused(Draft& draft, std::string_view node, const std::vector<std::string>& ids);
// The newest ticket's number; 0: none.
Result<std::uint64_t> newest_ticket(const Draft& draft, std::string_view node);

// In the commit that adds an entry, before or after its rows are made:
// of the hub's own log, what tickets and receipts it names; of a node's, what it fulfils. `part`: of a gathering. What the
// hub asks for itself (`hub_log`), to check something, is no gathering.
Status account_own(Draft& draft, const ledger::Access& access);
Status account_shipped(Draft& draft, const LoggedEntry& entry, bool part, std::string_view hub_log,
                       Instant now);
struct FaultAt {
    LogFault fault = LogFault::cut_back;
    std::uint64_t index = 0;
    std::string_view checkpoint = {};
};
Status note_fault(Draft& draft, std::string_view log_id, const FaultAt& what, Instant now);
// A checkpoint that none of the owner's `keys` has signed. By a key that is not known here it is resolved when the key
// becomes known.
Status note_forged(Draft& draft, std::string_view log_id, std::uint64_t index, std::string_view checkpoint,
                   const crypto::KeySet& keys, Instant now);
// The owner of the log signs with these keys now.
Status judge_strange(Draft& draft, std::string_view log_id, const crypto::KeySet& keys, Instant now);
// After `progress` has been brought up to date: since when the log has more entries than are here.
void note_backlog(LogProgress& progress, Instant now);

// Receipts about the person are no longer waited for.
Status forget_promises(Draft& draft, const crypto::Pseudonym& person);

// Every log that is known, was asked or is expected, by id; `hub_log` is the hub's own.
Result<std::vector<LogAccount>> log_accounts(const store::Snapshot& snapshot, std::string_view hub_log,
                                             const AccountBounds& bounds, const ExpectedLogs& expected, Instant now);
// Of one log, without what is missing.
Result<LogAccount> log_account(const store::Snapshot& snapshot, std::string_view log_id, const AccountBounds& bounds,
                               const ExpectedLogs& expected, Instant now);
// Tickets about the person that nothing has come of, newest first.
Result<std::vector<UnansweredTicket>> unanswered_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                       const AccountBounds& bounds, Instant now, std::size_t count_max);
// Accesses to the person that are not accounted for, newest first, at most `count_max`.
Result<std::vector<MissingEntry>> missing_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                const AccountBounds& bounds, Instant now, std::size_t count_max);

}  // namespace idun::exchange
