// The logical id of a resource (FHIR R4 §2.24.0.1, type id).
#pragma once

#include <algorithm>
#include <string_view>

namespace idun::fhir {

inline constexpr std::size_t kIdBytesMax = 64;

// 1 to 64 of A-Z a-z 0-9 - and .
constexpr bool valid_id(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

}  // namespace idun::fhir
