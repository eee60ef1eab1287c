// The words of the definitions blob; see docs/formats/fhir-definitions.md.
#pragma once

#include <cstdint>

namespace idun::fhir::blob {

inline constexpr std::uint32_t kMagic = 0x31464449;  // "IDF1"
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

// Words in a row, in the order of the sections.
inline constexpr std::uint32_t kStringWords = 1;
inline constexpr std::uint32_t kTypeWords = 5;
inline constexpr std::uint32_t kValueSetWords = 3;
inline constexpr std::uint32_t kCodeWords = 2;
inline constexpr std::uint32_t kTargetWords = 1;
inline constexpr std::uint32_t kShapeWords = 5;
inline constexpr std::uint32_t kElementWords = 9;
inline constexpr std::uint32_t kElementTypeWords = 3;
inline constexpr std::uint32_t kPropertyWords = 4;
inline constexpr std::uint32_t kSearchWords = 10;
inline constexpr std::uint32_t kComponentWords = 2;
inline constexpr std::uint32_t kCompartmentWords = 4;
inline constexpr std::uint32_t kCompartmentParameterWords = 1;

inline constexpr std::uint32_t kChoice = 1;
inline constexpr std::uint32_t kSummary = 2;
inline constexpr std::uint32_t kModifier = 4;

}  // namespace idun::fhir::blob
