#include "search/internal/lexer.h"

#include <algorithm>

namespace idun::search {

std::vector<std::string_view> split_escaped(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == separator) {
            out.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    out.push_back(text.substr(start));
    return out;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            if (++i == text.size() || std::string_view(",|$\\").find(text[i]) == std::string_view::npos) return std::nullopt;
        }
        out += text[i];
    }
    return out;
}

std::string shown(std::string_view name) {
    const bool fit = !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || c == ':';
    });
    return fit ? std::string(name) : std::string("?");
}

}  // namespace idun::search
