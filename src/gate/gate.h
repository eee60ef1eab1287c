// The door through which others see a node's records: ticket, decision, receipt, then data.
//
//     gate.everything(request.bearer(), request_id, [reply](Result<Disclosure> answer) { ... });
//
// What is withheld leaves no trace: an answer about a person who blocked this provider, one who stands outside
// sharing, and one who has no records here are the same, and each costs one log entry.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "gate/refused_tickets.h"
#include "gate/rights_copy.h"
#include "ledger/closed_log.h"
#include "ledger/ledger.h"
#include "records/records.h"
#include "rights/decide.h"
#include "trust/ticket.h"

namespace idun::gate {

struct Options {
    std::string provider_id;
    std::string base_url;                // for fullUrl, without a slash at the end
    trust::KeysNow hub_keys;
    std::function<void()> stranger = {};  // hears that something came which the hub's keys have not signed
    rights::RuleTable rules;
    // Brings the copy of the rights up to that number, in a bounded time. Called by whoever asks. Empty: it cannot.
    std::function<CaughtUp(std::uint64_t number)> catch_up = {};
    // Has catching up failed because the hub was not heard, and has it not been heard since? Empty: never.
    std::function<bool()> cut_off = {};
    // The logs that were written before this one, if there are any: what they hold is still proven.
    std::vector<std::shared_ptr<const ledger::ClosedLog>> closed_logs = {};
    RefusedTickets* refused = nullptr;   // hears of tickets that are refused without an entry; null: nobody does
    std::size_t records_max = 20'000;    // of one answer
    std::size_t bytes_max = 48u << 20;   // of one answer
};

// Everything that one ticket opens.
struct Disclosure {
    std::string body;           // FHIR searchset Bundle
    ledger::Receipt receipt;
    Instant as_of;              // when it was read
    std::size_t records = 0;
};

// With the receipt of its entry, when it is in the log: it is an access too.
struct Refusal : Error {
    Refusal(Error error, std::optional<ledger::Receipt> entry = {}) : Error(std::move(error)), receipt(std::move(entry)) {}
    std::optional<ledger::Receipt> receipt;
};
using Disclosed = std::function<void(tl::expected<Disclosure, Refusal>)>;

struct Relation {
    rights::Care care = rights::Care::none;
    ledger::Receipt receipt;
};
using Related = std::function<void(Result<Relation>)>;

struct LogProof {
    ledger::PersonProof proof;
    ledger::Receipt receipt;
};
using LogProven = std::function<void(Result<LogProof>)>;

// Thread-safe.
class Gate {
public:
    Gate(Options options, records::Records& records, ledger::Ledger& ledger, RightsCopy& rights, const Clock& clock,
         Metrics& metrics);
    ~Gate();

    // All records of the ticket's person that the requester may see. `disclosed` is called once the log entry
    // is durable, on a thread of the ledger, or earlier with an error: `unauthorized` (ticket), `forbidden`
    // (ticket of somebody else; stale rights, which is logged), `unavailable` (cut off from the hub, for everybody
    // alike; logged too), `busy`.
    void everything(std::string_view ticket, std::string request_id, Disclosed disclosed);

    // Whether this provider's bookings and encounters show that it cared for the ticket's person at that time: with it
    // the hub checks afterwards what a requester of this provider has declared. Logged like every access.
    void care_relation(std::string_view ticket, Instant at, std::string request_id, Related related);

    // What this provider's log of that id ("": the one that is written) holds about the ticket's person, proven whole, from the entry `before`
    // on if there is one. Only for a ticket that the hub signed for itself (`forbidden`). Logged like every access, in the log that is
    // written; otherwise as Ledger::prove() and ClosedLog::prove(). `not_found` also when there is no such log.
    struct LogQuestion {
        std::string log_id;
        std::optional<std::uint64_t> before;
    };
    void log_proof(std::string_view ticket, const LogQuestion& question, std::string request_id, LogProven done);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::gate
