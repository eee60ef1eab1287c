// The small grammars of HTTP text: names, tokens, percent escapes. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace idun::http {

// Equal without regard to ASCII case, as header names are.
bool same_name(std::string_view a, std::string_view b);
// RFC 9110 §5.6.2.
bool is_token(std::string_view text);
// RFC 3986 §2.3.
bool is_unreserved(char c);
// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);
// No NUL, CR, LF or other control byte (tab is allowed).
bool is_field_text(std::string_view text);
bool is_utf8(std::string_view text);

// "%41" is "A"; nothing for a malformed escape.
std::optional<std::string> percent_decoded(std::string_view text);
// The same, and '+' is a space (HTML forms and query strings).
std::optional<std::string> form_decoded(std::string_view text);

}  // namespace idun::http
