// The common end of every interaction at a node: the access is in the log, then the answer leaves.
#pragma once

#include "api/fhir_answer.h"
#include "api/node.h"

namespace idun::api {

// The caller's view of the records: own staff see everything, pages belong to the caller.
records::Context context_of(const trust::UserToken& user);

// Whom a request asked about, beside whom its answer shows: a question about a person is an access, also when
// the answer is empty.
struct Asked {
    std::vector<std::string> patients;       // ids
    std::vector<crypto::Pseudonym> persons;  // by identifier
    std::string query;                       // names of the parameters, never their values
};

// Writes one log entry for each person the outcome touched or the request asked about (at least one entry), waits
// until they are durable, and sends `outcome` with a receipt. A refusal that touched nobody is sent as it is.
void answer(Node& node, const trust::UserToken& user, ledger::Action action, const http::Request& request,
            const records::Outcome& outcome, http::Reply reply, const Asked& asked = {});

// If-Match as a version; none when the header is absent.
Result<std::optional<std::uint64_t>> if_match(const http::Request& request);

}  // namespace idun::api
