// A second, plain reader of JSON for tests: one character at a time, no SIMD, no arena. Gives the text in
// the writer's form, or nothing when the text must be refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace idun::json {

std::optional<std::string> naive_normalized(std::string_view text, std::size_t depth_max);

}  // namespace idun::json
