// Which addresses stay on this machine.
#pragma once

#include <string>
#include <string_view>

#include "app/runtime.h"

namespace idun::app {

// "127.x.x.x" and "::1".
bool is_loopback(std::string_view host);

// address_from, with "localhost" as 127.0.0.1: a server listens at an IP address, not at a name.
Result<Address> listen_address_from(std::string_view text);

}  // namespace idun::app
