#include "terms/internal/fold.h"

#include <algorithm>
#include <cstdint>

namespace idun::terms {
namespace {

constexpr std::size_t kWordsMax = 16;

// U+00C0…U+017F without their marks; "?" where there is no plain letter, which stays as it is.
constexpr std::string_view kLatin =
    "aaaaaaaceeeeiiii?nooooo?ouuuuy?saaaaaaaceeeeiiii?nooooo?ouuuuy?yaaaaaaccccccccddddeeeeeeeeeegggg"
    "gggghhhhiiiiiiiiiiiijjkk?llllllllllnnnnnnn??oooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

bool word_part(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80; }

}  // namespace

void append_folded(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x80) {
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : text[i];
            continue;
        }
        // Two bytes of UTF-8: Latin with marks, Greek, Cyrillic.
        if (c >= 0xC3 && c <= 0xC5 && i + 1 < text.size()) {
            const std::uint32_t point = (c & 0x1Fu) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3Fu);
            const std::uint32_t place = point - 0xC0;
            if (point >= 0xC0 && place < kLatin.size() && kLatin[place] != '?') {
                out += kLatin[place];
                if (point == 0xC6 || point == 0xE6 || point == 0x152 || point == 0x153) out += 'e';
                if (point == 0xDF) out += 's';
                ++i;
                continue;
            }
        }
        out += text[i];
    }
}

std::string folded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_folded(out, text);
    return out;
}

std::vector<std::string> folded_words(std::string_view filter) {
    std::vector<std::string> out;
    const std::string text = folded(filter);
    for (std::size_t at = 0; at < text.size() && out.size() < kWordsMax;) {
        const std::size_t start = text.find_first_not_of(" \t\r\n", at);
        if (start == text.npos) break;
        at = std::min(text.find_first_of(" \t\r\n", start), text.size());
        out.push_back(text.substr(start, at - start));
    }
    return out;
}

bool has_words(std::string_view text, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        std::size_t at = text.find(word);
        while (at != text.npos && at > 0 && word_part(text[at - 1]) && word_part(word.front())) at = text.find(word, at + 1);
        if (at == text.npos) return false;
    }
    return true;
}

bool same_display(std::string_view a, std::string_view b) {
    const auto plain = [](std::string_view text) {
        std::string out;
        for (const char c : text) {
            const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
            if (space && (out.empty() || out.back() == ' ')) continue;
            out += space ? ' ' : c;
        }
        if (!out.empty() && out.back() == ' ') out.pop_back();
        return folded(out);
    };
    return a == b || plain(a) == plain(b);
}

}  // namespace idun::terms
