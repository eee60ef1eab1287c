// Problem documents for statuses that no Category names (408, 414, 431, …).
#pragma once

#include <string_view>

#include "http/message.h"

namespace idun::http {

std::string_view reason_of(int status);  // "Not Found"
Response problem_of_status(int status, std::string_view detail);

}  // namespace idun::http
