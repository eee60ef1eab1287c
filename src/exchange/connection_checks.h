// What a node cannot see from where it is: whether the hub reaches it, and whether a ticket opens the test person's record there.
//
// Only the address that the directory has for the asking provider is called, without redirects; each provider waits a while
// between two calls. docs/formats/directory.md.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"
#include "directory/directory.h"
#include "exchange/gather.h"
#include "exchange/rights_register.h"
#include "exchange/source_receipts.h"
#include "exchange/ticket_book.h"
#include "http/client.h"

namespace idun::exchange {

struct ConnectionCheckParts {
    std::string hub;  // as it signs tickets
    const directory::Directory& directory;
    const RightsRegister& rights;
    const crypto::SigningKey& key;
    http::Client& client;
    const Clock& clock;
    TicketBook& tickets;
    const SourceReceipts& receipts;
};

// How a call to the node went; nothing of what it answered.
struct Tried {
    SourceState state = SourceState::down;
    std::string reason;       // when it is not answered or empty
    std::int64_t elapsed_ms = 0;
    std::size_t records = 0;  // of a reading: what came
    std::string receipt;      // of a reading
};

// Thread-safe. The destructor breaks off what is under way.
class ConnectionChecks {
public:
    static constexpr std::chrono::milliseconds kBetween{2'000};  // two calls to one provider

    explicit ConnectionChecks(ConnectionCheckParts parts);
    ~ConnectionChecks();

    // Calls the provider's node: with a person as she herself would read, with a ticket, else for what it says it is. `done` is called once, on a
    // thread of its own or at once: `busy` when the provider asked a moment ago or too many do, `not_found` without an address in the directory.
    void call(const std::string& provider, std::optional<crypto::Pseudonym> person, std::function<void(Result<Tried>)> done);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::exchange
