// The common end of every interaction at a node: the access is in the log, then the answer leaves.
#pragma once

#include "api/fhir_answer.h"
#include "api/node.h"

namespace idun::api {

// The caller's view of the records: own staff see everything, pages belong to the caller.
records::Context context_of(const trust::UserToken& user);

// Writes one log entry for each person the outcome touched (at least one entry), waits until they are durable,
// and sends `outcome` with a receipt. A refusal that touched nothing is sent as it is.
void answer(Node& node, const trust::UserToken& user, ledger::Action action, const http::Request& request,
            const records::Outcome& outcome, http::Reply reply);

// If-Match as a version; none when the header is absent.
Result<std::optional<std::uint64_t>> if_match(const http::Request& request);

}  // namespace idun::api
