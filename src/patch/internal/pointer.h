// JSON Pointer (RFC 6901).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace idun::patch {

// The reference tokens, unescaped; nothing when malformed. "" is the whole document, "/a~1b/0" is {"a/b", "0"}.
std::optional<std::vector<std::string>> parse_pointer(std::string_view text);
// "0" or digits without a leading zero.
std::optional<std::size_t> array_index(std::string_view token);

}  // namespace idun::patch
