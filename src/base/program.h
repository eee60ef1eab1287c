// What this program calls itself, to people and in what it writes.
#pragma once

#include <string_view>

namespace idun {

inline constexpr std::string_view kProgram = "idun 0.1.0";

}  // namespace idun
