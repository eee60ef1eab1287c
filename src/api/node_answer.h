// The common end of every interaction at a node: the access is in the log, then the answer leaves.
#pragma once

#include <chrono>

#include "api/fhir_answer.h"
#include "api/node.h"
#include "subscriptions/subscriptions.h"

namespace idun::api {

// One of the provider's own staff or systems, and what she sees in this request.
struct Staff : trust::UserToken {
    std::shared_ptr<gate::Sight> sight;  // null: everything
    std::optional<gate::Glass> glass;    // that she had broken
    std::chrono::steady_clock::time_point came = std::chrono::steady_clock::now();
};
// `unauthorized` or `forbidden` as Users::staff_of; `forbidden` too for a break-glass (X-Idun-Break-Glass) that does
// not hold.
Result<Staff> staff_of(const Node& node, const http::Request& request);

// Names a caller, opaquely: pages and exports belong to their owner.
std::string owner_of(const trust::UserToken& user);
// As whom the caller may see and change Subscriptions.
subscriptions::Owner subscriber_of(const trust::UserToken& user);
// The caller's view of the records: what her unit may see, but no Subscriptions of others; pages of her own.
records::Context context_of(const Node& node, const Staff& user, const http::Request& request);

// Whom a request asked about, beside whom its answer shows: a question about a person is an access, also when
// the answer is empty.
struct Asked {
    std::vector<std::string> patients;       // ids
    std::vector<crypto::Pseudonym> persons;  // by identifier
    std::string query;                       // names of the parameters, never their values
    std::optional<gate::Glass> glass = {};   // that this very request broke
    // Of them, those whom a read or search in a Bundle asks about: it is an access beside what the Bundle writes.
    std::vector<std::string> looked_up = {};                // patients
    std::vector<crypto::Pseudonym> looked_up_persons = {};
};

// Writes one log entry for each person the outcome touched or the request asked about and each action on her records (at
// least one entry), waits until they are durable, and sends `outcome` with a receipt. `action` is that of what was touched
// as asked; of a Bundle it is `transaction`. A refusal that touched nobody is sent as it is. Entries are written as fast as
// the log takes them, however many they are.
void answer(Node& node, const Staff& user, ledger::Action action, const http::Request& request,
            records::Outcome outcome, http::Reply reply, const Asked& asked = {});
// The same entries by themselves, for what is done in parts: waits until they are durable. Never from a thread of the ledger.
Result<ledger::Receipt> log_access(Node& node, const Staff& user, ledger::Action action, const http::Request& request,
                                   records::Outcome outcome, const Asked& asked = {});

// If-Match, and If-None-Match: *, of a write.
Result<records::Preconditions> preconditions(const http::Request& request);
// Makes 304 of a read whose version the caller has already (If-None-Match, If-Modified-Since). It is logged all the same:
// it tells that nothing has changed.
void spare_unchanged(const http::Request& request, records::Outcome& outcome);

}  // namespace idun::api
