#include "search/fold.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace idun::search {
namespace {

struct Folding {
    char32_t point;
    const char* text;
};
constexpr Folding kFoldings[] = {
#include "search/internal/fold_table.inc"
};

// The bytes of the character that starts `text`, which is UTF-8 (json has checked), and its code point.
std::size_t character(std::string_view text, char32_t& point) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size > text.size()) {
        point = first;
        return 1;
    }
    point = size == 1 ? first : size == 2 ? first & 0x1Fu : size == 3 ? first & 0x0Fu : first & 0x07u;
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    return size;
}

void append(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space) out += c;
        else if (!out.empty() && out.back() != ' ') out += ' ';
    }
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
    }
    return out;
}

std::string folded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        char32_t point = 0;
        const std::size_t size = character(text, point);
        if (point < 0x80) {
            char c = text[0];
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
            append(out, {&c, 1});
        } else {
            const auto* found = std::ranges::lower_bound(kFoldings, point, {}, &Folding::point);
            const bool known = found != std::end(kFoldings) && found->point == point;
            append(out, known ? std::string_view(found->text) : text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::string_view head(std::string_view text, std::size_t count) {
    if (text.size() <= count) return text;
    while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xC0u) == 0x80u) --count;
    return text.substr(0, count);
}

}  // namespace idun::search
