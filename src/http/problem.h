// The one table from Error to HTTP status, and RFC 9457 problem documents for what is not FHIR.
#pragma once

#include "base/result.h"
#include "http/message.h"

namespace idun::http {

int status_of(Category category);
// What a status must or should say besides, unless it is there: Retry-After on 503, WWW-Authenticate on 401.
// For refusals in other forms than problem(), which has called it.
void add_status_fields(Response& response);
// application/problem+json
Response problem(const Error& error);

}  // namespace idun::http
