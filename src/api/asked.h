// Whom a request asks about: a question about a person is an access, also when the answer shows nobody.
#pragma once

#include "api/node_answer.h"

namespace idun::api {

// Whom search parameters name, and which parameters there are.
Asked asked_in(const Node& node, std::string_view type, const http::Parameters& parameters);
// The same for a query as it stands in an address or in If-None-Exist; malformed ones ask about nobody (they are refused).
Asked asked_in(const Node& node, std::string_view type, std::string_view query);
// By a transaction or batch: its searches, conditions, conditional references, and reads of Patients.
Asked asked_in_bundle(const Node& node, json::Value bundle);

}  // namespace idun::api
