// One question, "what is known about this person?", put to every provider that knows her, at once.
//
// The exchange looks up where data are, asks only sources that the person's choices leave open, waits no longer
// than the caller's bound, and states for every source it asked how it went. What is blocked is not asked and
// not mentioned.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "base/workers.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"
#include "directory/directory.h"
#include "exchange/rights_register.h"
#include "exchange/source_receipts.h"
#include "exchange/ticket_book.h"
#include "http/client.h"
#include "index/index.h"
#include "ledger/ledger.h"
#include "people/links.h"
#include "rights/decide.h"
#include "trust/ticket.h"

namespace idun::exchange {

enum class SourceState : std::uint8_t { asked, answered, empty, late, down, refused };
std::string_view to_string(SourceState state);

// How one source answered.
struct SourceAnswer {
    std::string provider;
    std::string name;
    SourceState state = SourceState::asked;
    std::string reason;          // for people, when it is not answered or empty
    std::size_t records = 0;     // sent by the source, duplicates included
    std::size_t duplicates = 0;  // of records that another source had sent before
    bool complete = true;        // false: the source had more than one answer holds
    std::string as_of;           // instant at which the source read, as it says
    std::int64_t elapsed_ms = 0;
    std::string receipt;  // of the source's log
};

struct Question {
    trust::Requester requester;
    crypto::Pseudonym person;
    bool is_the_person = false;
    std::optional<crypto::Pseudonym> representative;  // the requester, where she acts for the person
    std::optional<ledger::Mandate> mandate = {};      // by which she asks; what it opens is for the rights to say
    std::string purpose;
    bool care_relation = false;                    // as the requester declares
    std::string country;                           // of a question from abroad; "": from home
    std::optional<trust::BreakGlass> break_glass;  // that the requester has broken
    std::vector<std::string> categories;           // empty: all
    std::chrono::milliseconds bound{2'000};        // for every source
    std::optional<Instant> as_of;                  // what the index said then; visible_holdings() only
    std::string request_id;                        // gather() gives it one of its own: callers choose theirs freely
};

inline constexpr std::chrono::milliseconds kBoundMin{50};
inline constexpr std::chrono::milliseconds kBoundMax{30'000};

// Hears how a gathering goes. Calls come one at a time, from threads of the exchange or its ledger.
class Listener {
public:
    virtual ~Listener() = default;
    // The sources that will be asked (all `asked`); the hub's log entry is durable.
    virtual void started(std::span<const SourceAnswer> sources) = 0;
    // One source is done. `entries` are Bundle.entry objects, comma-separated JSON, without duplicates.
    virtual void arrived(const SourceAnswer& source, std::string entries) = 0;
    // All are done; the log entry that says how it went is durable.
    virtual void finished(std::span<const SourceAnswer> sources, const ledger::Receipt& receipt) = 0;
    // Instead of the rest: forbidden, with the receipt of the entry that says so; or the log cannot be written, with none.
    virtual void failed(const Error& error, const ledger::Receipt* entry = nullptr) = 0;
};

struct Parts {
    const directory::Directory& directory;
    const people::Links& links;
    const index::Index& index;
    const RightsRegister& rights;
    ledger::Ledger& ledger;
    const crypto::SigningKey& key;
    http::Client& client;
    Workers& workers;  // merge answers
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    TicketBook& tickets;
    const SourceReceipts& receipts;
};

// A question as rights see it. Borrows from the question.
class RightsQuestion {
public:
    RightsQuestion(const Question& question, Instant now);
    RightsQuestion(const RightsQuestion&) = delete;
    RightsQuestion& operator=(const RightsQuestion&) = delete;
    const rights::Request& request() const { return request_; }

private:
    rights::BreakGlass glass_;
    rights::Request request_;
};

// What is held under one number of the person.
struct NumberHoldings {
    crypto::Pseudonym number;
    std::vector<index::Holding> holdings;
};

struct VisibleHoldings {
    rights::Decision general;  // a denial: the question as such may not be asked, and there are no holdings
    std::vector<NumberHoldings> numbers;  // those with holdings; the number that was asked for first
    store::Version seen;  // of the hub's store, before rights and index were read
};

// What a denial of the question as such is to the requester.
Error denied(const rights::Decision& general);

// Thread-safe.
class Exchange {
public:
    Exchange(std::string hub, rights::RuleTable rules, Parts parts);
    ~Exchange();  // waits for the gatherings under way, at most their bound

    void gather(Question question, std::shared_ptr<Listener> listener);

    // What the index says and the person's choices leave visible to this requester. Writes no log entry: the
    // caller does before it shows anything, with kPointersQuery for what was asked.
    Result<VisibleHoldings> visible_holdings(const Question& question) const;

    struct Impl;  // gather.cc

private:
    std::shared_ptr<Impl> impl_;
};

// The log entry of a question, without sources.
ledger::Access access_of(const Question& question, Instant now);

// The OperationOutcome resource that states how the sources answered.
std::string sources_outcome(std::span<const SourceAnswer> sources);

}  // namespace idun::exchange
