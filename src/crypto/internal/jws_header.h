// The protected header of our tokens: an object of exactly alg, kid and typ, as plain strings.
#pragma once

#include <optional>
#include <string_view>

namespace idun::crypto {

struct JwsHeader {
    std::string_view alg;
    std::string_view kid;
    std::string_view typ;
};

// Views into `json`. Nothing when it is anything else: other members, one of them twice, escapes, control or
// non-ASCII characters, text behind the object.
std::optional<JwsHeader> parse_jws_header(std::string_view json);

}  // namespace idun::crypto
