#include "patch/internal/pointer.h"

#include <charconv>

namespace idun::patch {
namespace {

std::optional<std::string> unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            out += token[i];
            continue;
        }
        if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
        out += token[i] == '0' ? '~' : '/';
    }
    return out;
}

}  // namespace

std::optional<std::vector<std::string>> parse_pointer(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        if (text.front() != '/') return std::nullopt;
        text.remove_prefix(1);
        const std::size_t end = std::min(text.find('/'), text.size());
        auto token = unescaped(text.substr(0, end));
        if (!token) return std::nullopt;
        out.push_back(std::move(*token));
        text.remove_prefix(end);
    }
    return out;
}

std::optional<std::size_t> array_index(std::string_view token) {
    if (token.empty() || token.front() < '0' || token.front() > '9') return std::nullopt;
    if (token.size() > 1 && token.front() == '0') return std::nullopt;
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), out);
    if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
    return out;
}

}  // namespace idun::patch
