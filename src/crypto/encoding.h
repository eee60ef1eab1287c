// base64url and hex, strict: one text for each byte string, everything else is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace idun::crypto {

// RFC 4648 §5 without padding, as JOSE uses it (RFC 7515 §2).
std::string base64url(std::string_view bytes);
// Refuses padding, white space, other letters, impossible lengths and unused bits that are not zero.
std::optional<std::string> from_base64url(std::string_view text);

// RFC 4648 §4 with padding, as FHIR base64Binary uses it.
std::string base64(std::string_view bytes);
// White space is passed over, as XML Schema has it; everything else that base64() does not write is refused.
std::optional<std::string> from_base64(std::string_view text);

// Lower case; reading refuses upper case.
std::string hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace idun::crypto
