#include "app/loopback.h"

namespace idun::app {

bool is_loopback(std::string_view host) {
    if (host == "::1") return true;
    // Digits and dots alone, so that a name such as 127.example.org does not pass.
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<Address> listen_address_from(std::string_view text) {
    TRY_ASSIGN(auto address, address_from(text));
    if (address.host == "localhost") address.host = "127.0.0.1";
    return address;
}

}  // namespace idun::app
