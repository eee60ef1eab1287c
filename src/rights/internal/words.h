// Enums and their words, which stand in order of their numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace idun::rights {

template <typename Enum, std::size_t Size>
std::optional<Enum> known_word(const std::string_view (&words)[Size], std::string_view text) {
    const auto* const found = std::find(std::begin(words), std::end(words), text);
    if (found == std::end(words)) return std::nullopt;
    return static_cast<Enum>(found - std::begin(words));
}

}  // namespace idun::rights
