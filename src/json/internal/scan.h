// Small checks on pieces of JSON text; each is told where the piece is and touches nothing beyond it.
#pragma once

#include <cstddef>
#include <string_view>

namespace idun::json {

// Does `text` start with a JSON number? The length of that number; 0 when it does not.
std::size_t number_length(std::string_view text);

// Decodes the escapes of a string's inside [first, last) in place (the result is never longer).
// Returns the new end, or nullptr with `bad` at the offending escape: an unknown one, a broken \u, or half
// of a surrogate pair.
char* unescape(char* first, char* last, const char*& bad);

// The first byte that makes a text unfit for tokens: invalid UTF-8, a control character inside a string,
// or the quote of a string that does not end. Slow; only for naming the place of a known error.
struct Flaw {
    std::size_t offset;
    const char* message;
};
Flaw first_flaw(std::string_view text);

}  // namespace idun::json
