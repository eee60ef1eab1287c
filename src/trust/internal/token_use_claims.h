// How TokenUse stands in a payload: in a user's token as RFC 9068 and RFC 8693 say, in a ticket's requester the same.
#pragma once

#include "json/writer.h"
#include "trust/internal/claims.h"
#include "trust/token_use.h"

namespace idun::trust {

// `id` is the name of the member that holds the token's id.
Result<TokenUse> read_token_use(const Claims& claims, std::string_view id);
void write_token_use(json::Writer& w, std::string_view id, const TokenUse& use);
// For those who sign.
Status check_token_use(const TokenUse& use);

}  // namespace idun::trust
