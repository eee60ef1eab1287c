// By which access token somebody asked. It stands in the log; nothing is decided by it.
#pragma once

#include <string>

namespace idun::trust {

struct TokenUse {
    std::string id;          // jti (RFC 9068): under it the issuer knows what it gave to whom; may be empty
    std::string client_id;   // the program that it was given to; may be empty
    std::string actor_id;    // act.sub (RFC 8693): who uses it in the subject's name, such as a record system; "": the subject
    std::string actor_name;  // shown to the patient; may be empty
    friend bool operator==(const TokenUse&, const TokenUse&) = default;
};

}  // namespace idun::trust
