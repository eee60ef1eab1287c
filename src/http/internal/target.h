// The request target: split, decoded once and refused when two readers could understand it differently.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::http {

inline constexpr std::size_t kTargetBytesMax = 8u << 10;  // longer: 414

struct Target {
    std::string path;   // decoded, starts with "/", valid UTF-8, no "." or ".." segments
    std::string query;  // as sent
};

// Reads "/a/b?c" or "http://host/a/b?c" (RFC 9112 §3.2.1 and §3.2.2). Invalid: fragments, raw bytes outside
// visible ASCII, malformed escapes, control characters, escaped slashes, dot segments.
Result<Target> read_target(std::string_view text);

}  // namespace idun::http
