// What this program calls itself, to people and in what it writes.
#pragma once

#include <string_view>

namespace idun {

inline constexpr std::string_view kProgram = "idun 0.1.0";
inline constexpr std::string_view kProgramVersion = kProgram.substr(5);

// Of what roles say to each other. It rises when a role of before would misunderstand one of now; what is added so that
// others may leave it unread does not raise it (docs/formats/directory.md).
inline constexpr unsigned kInterface = 1;
inline constexpr std::string_view kFhirVersion = "4.0.1";

}  // namespace idun
