// The URL of a call, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::http {

struct Url {
    bool tls = false;
    std::string host;       // without brackets
    std::string port;       // always there
    std::string authority;  // as the Host field shows it
    std::string target;     // path and query, starts with "/"

    std::string key() const { return (tls ? "s " : "p ") + authority; }
};

// Invalid: other schemes, user names, fragments, bytes outside visible ASCII, more than kUrlBytesMax.
inline constexpr std::size_t kUrlBytesMax = 16u << 10;
Result<Url> read_url(std::string_view text);

}  // namespace idun::http
