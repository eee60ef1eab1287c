// Whether what a requester has declared can be seen: after a gathering with a declared care relation the hub asks the
// requester's own node if its bookings and encounters show one, and keeps for whoever supervises what nothing shows.
// Bytes: docs/formats/rights-register.md.
//
// Asked is hours afterwards (the rule table says how many): who comes in unplanned is booked later. What was declared the
// hub's log says (declared_care.h). A node that is away is asked again, by a row of its own; after kCareAskedFor the
// declaration stands as unanswered. One user's declarations about one person within an hour are one. What is shown leaves no row.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"
#include "directory/directory.h"
#include "exchange/declared_care.h"
#include "exchange/source_receipts.h"
#include "exchange/ticket_book.h"
#include "http/client.h"
#include "people/links.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::chrono::hours kCareAskedFor{7 * 24};

// A declaration that nothing shows.
struct UnshownCare {
    DeclaredCare declared;
    bool answered = true;  // false: the node could not be asked in time
    Instant checked;
};

struct CareCheckOptions {
    std::string hub;  // as it signs tickets
    std::chrono::milliseconds after{24 * 3'600'000};
};

struct CareCheckParts {
    store::Store& store;
    const directory::Directory& directory;
    const crypto::SigningKey& key;
    http::Client& client;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    TicketBook& tickets;
    const SourceReceipts& receipts;
    const people::Links* links = nullptr;  // bookings under any number of hers show it; null: everybody has one
};

// Asks on a thread of its own from start() to destruction. Thread-safe.
class CareChecks {
public:
    CareChecks(CareCheckOptions options, CareCheckParts parts);
    ~CareChecks();
    // Once, when all that follows the list of accesses does: to ask takes a ticket, and the first one brings the list up to
    // date.
    void start();

    // Something may be due: more of the log is in the list.
    void wake() const;

    struct Page {
        std::vector<UnshownCare> unshown;  // newest first
        std::string next;                  // for the page after; "": none
    };
    // `invalid` for a `before` that is none of ours.
    Result<Page> unshown(std::string_view provider_id, std::string_view before, std::size_t count_max) const;
    // What was declared in that time, at all providers, and nothing shows; those that could not be asked about are not among them.
    struct Unshown {
        std::vector<DeclaredCare> declared;
        bool all = true;  // false: there were more than could be looked at
    };
    Result<Unshown> unshown_between(Instant from, Instant to) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::exchange
