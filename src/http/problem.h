// The one table from Error to HTTP status, and RFC 9457 problem documents for what is not FHIR.
#pragma once

#include "base/result.h"
#include "http/message.h"

namespace idun::http {

int status_of(Category category);
// application/problem+json
Response problem(const Error& error);

}  // namespace idun::http
