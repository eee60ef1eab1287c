// Finds std::string keys of unordered containers by a std::string_view, without making a string of it.
#pragma once

#include <functional>
#include <string_view>

namespace idun {

struct HashByText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

}  // namespace idun
