// The escapes and separators of search values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace idun::search {

// Splits at `separator` where no backslash stands before it; escapes stay in the pieces.
std::vector<std::string_view> split_escaped(std::string_view text, char separator);
// "a\,b" as "a,b"; nothing when another character than , | $ \ follows the backslash.
std::optional<std::string> unescaped(std::string_view text);
// A name that is fit for a message: names come from outside too. "?" for others.
std::string shown(std::string_view name);

}  // namespace idun::search
