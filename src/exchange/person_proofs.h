// Asks a provider's node for a person's proof of its log (docs/formats/person-proof.md), with a ticket that the hub signs for itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"
#include "directory/directory.h"
#include "exchange/source_receipts.h"
#include "exchange/ticket_book.h"
#include "http/client.h"
#include "ledger/person_proof.h"

namespace idun::exchange {

struct ProofQuestion {
    std::string log_id;
    crypto::Pseudonym person;
    std::string user_id;  // for whom
    std::optional<std::uint64_t> before;
    std::string request_id;
};

struct PersonProofParts {
    std::string hub;  // as it signs tickets
    const directory::Directory& directory;
    const crypto::SigningKey& key;
    http::Client& client;
    const Clock& clock;
    TicketBook& tickets;
    const SourceReceipts& receipts;
};

// Thread-safe. The destructor breaks off what is asked.
class PersonProofs {
public:
    explicit PersonProofs(PersonProofParts parts);
    ~PersonProofs();

    // `done` is called once, on a thread of its own or at once: `not_found` (no such provider, log or entry), `busy` (ask again in a
    // moment), `unavailable` (the node does not answer, or with something else than it was asked for).
    void ask(ProofQuestion question, std::function<void(Result<ledger::PersonProof>)> done);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::exchange
