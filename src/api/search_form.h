// The parameters of a search, however they came.
#pragma once

#include "http/message.h"

namespace idun::api {

// Of the address and, for POST _search, of the form in the body.
Result<http::Parameters> search_form(const http::Request& request);

}  // namespace idun::api
