// What a hub answers a node that checks its connection: a token of its own type, and a value by which both see that they have the same
// pseudonym key without showing it. docs/formats/directory.md.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "crypto/pseudonym.h"

namespace idun::trust {

inline constexpr std::string_view kConnectionCheckType = "idun-connection+jwt";

// The fresh word of whoever asks: 22 to 64 letters of base64url.
inline bool is_check_word(std::string_view word) {
    return word.size() >= 22 && word.size() <= 64 && std::ranges::all_of(word, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

// No person's canonical identifier begins like this, so it is nobody's pseudonym; and it holds for this pair and this word alone.
inline std::string pseudonym_check(const crypto::PseudonymKey& key, std::string_view hub, std::string_view provider, std::string_view word) {
    return key.of("connection check|" + std::string(hub) + "|" + std::string(provider) + "|" + std::string(word)).text();
}

}  // namespace idun::trust
