// What the operations of the directory at the hub share.
#pragma once

#include <functional>

#include "api/fhir_answer.h"
#include "api/hub.h"

namespace idun::api {

// A handler that answers at once.
http::Handler directory_handler(Hub& hub, std::function<Result<http::Response>(Hub&, const http::Request&)> operation);
// One version, with its ETag and Last-Modified.
http::Response version_response(int status, const directory::Version& version, std::string body);
// _at: "2026-11-01T12:00:00Z", not in the future.
Result<Instant> asked_time(const Hub& hub, std::string_view text);

}  // namespace idun::api
