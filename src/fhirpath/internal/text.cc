#include "fhirpath/internal/text.h"

#include <array>
#include <utility>

#include "json/document.h"
#include "json/writer.h"

namespace idun::fhirpath::internal {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

struct Character {
    std::uint32_t code;
    std::size_t bytes;
};

// `text` is UTF-8, not empty.
Character first(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0x80u; };
    const std::uint32_t c = byte(0);
    if (c < 0x80) return {c, 1};
    if (c < 0xE0) return {(c & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    if (c < 0xF0) return {(c & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    return {(c & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

// Ranges of capital letters. `step` 1: the small letter is `apart` further on; 2: capitals and small letters take turns.
struct Range {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t apart;
    std::uint32_t step;
};
constexpr std::array<Range, 22> kCapitals = {{
    {0x41, 0x5A, 32, 1}, {0xC0, 0xD6, 32, 1}, {0xD8, 0xDE, 32, 1}, {0x100, 0x12E, 1, 2}, {0x132, 0x136, 1, 2},
    {0x139, 0x147, 1, 2}, {0x14A, 0x176, 1, 2}, {0x179, 0x17D, 1, 2}, {0x1CD, 0x1DB, 1, 2}, {0x1DE, 0x1EE, 1, 2},
    {0x1F8, 0x21E, 1, 2}, {0x222, 0x232, 1, 2}, {0x388, 0x38A, 37, 1}, {0x391, 0x3A1, 32, 1}, {0x3A3, 0x3AB, 32, 1},
    {0x400, 0x40F, 80, 1}, {0x410, 0x42F, 32, 1}, {0x460, 0x480, 1, 2}, {0x48A, 0x4BE, 1, 2}, {0x4D0, 0x52E, 1, 2},
    {0x531, 0x556, 48, 1}, {0x1E00, 0x1E94, 1, 2},
}};

std::uint32_t to_lower(std::uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c == 0x178) return 0xFF;
    if (c == 0x386) return 0x3AC;
    if (c >= 0x1EA0 && c <= 0x1EFE) return c | 1;
    for (const Range& r : kCapitals) {
        if (c >= r.first && c <= r.last && (c - r.first) % r.step == 0) return c + r.apart;
    }
    return c;
}

std::uint32_t to_upper(std::uint32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    if (c == 0xFF) return 0x178;
    if (c == 0x3AC) return 0x386;
    if (c == 0x3C2) return 0x3A3;  // final sigma
    if (c >= 0x1EA1 && c <= 0x1EFF) return c & ~1u;
    for (const Range& r : kCapitals) {
        if (c < r.first + r.apart || c > r.last + r.apart || (c - r.apart - r.first) % r.step != 0) continue;
        return c - r.apart;
    }
    return c;
}

template <typename Change>
std::string mapped(std::string_view text, Change change) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = first(text);
        append_character(out, change(c.code));
        text.remove_prefix(std::min(c.bytes, text.size()));
    }
    return out;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The JSON reader is the judge of UTF-8.
bool is_utf8(const std::string& text) {
    std::string quoted;
    json::append_quoted(quoted, text);
    return json::Document::parse("[" + quoted + "]").has_value();
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEntities = {{
    {"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}, {"&#39;", "'"}, {"&amp;", "&"}}};

}  // namespace

void append_character(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3F));
    } else {
        put(0xF0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

std::size_t length(std::string_view text) {
    std::size_t out = 0;
    for (const char c : text) out += starts_character(c) ? 1 : 0;
    return out;
}

std::size_t place_of(std::string_view text, std::size_t character) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (starts_character(text[i]) && seen++ == character) return i;
    }
    return text.size();
}

std::string upper(std::string_view text) { return mapped(text, to_upper); }
std::string lower(std::string_view text) { return mapped(text, to_lower); }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string normal(std::string_view text) {
    std::string out;
    bool blank = false;
    for (const char c : lower(trimmed(text))) {
        if (is_blank(c)) {
            blank = true;
            continue;
        }
        if (blank) out.push_back(' ');
        blank = false;
        out.push_back(c);
    }
    return out;
}

std::string base64(std::string_view bytes, bool url) {
    const std::string_view alphabet = url ? kUrl : kPlain;
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) {
            out.push_back(i + k <= bytes.size() ? alphabet[group >> (18 - 6 * k) & 63] : '=');
        }
    }
    return out;
}

std::string hex(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
        out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text, bool url) {
    const std::string_view alphabet = url ? kUrl : kPlain;
    std::string out;
    std::uint32_t group = 0;
    int bits = 0;
    if (text.size() % 4 != 0) return std::nullopt;
    while (text.ends_with('=') && text.size() % 4 != 2) text.remove_suffix(1);
    for (const char c : text) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<char>(group >> bits & 0xFF));
    }
    if ((group & ((1u << bits) - 1)) != 0 || !is_utf8(out)) return std::nullopt;
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high << 4 | low));
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto* found = kEntities.begin();
        while (found != kEntities.end() && found->second[0] != c) ++found;
        if (found == kEntities.end()) out.push_back(c);
        else out.append(found->first);
    }
    return out;
}

std::string unescape_html(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto* found = kEntities.begin();
        while (found != kEntities.end() && !text.starts_with(found->first)) ++found;
        if (found == kEntities.end()) {
            out.push_back(text.front());
            text.remove_prefix(1);
        } else {
            out.append(found->second);
            text.remove_prefix(found->first.size());
        }
    }
    return out;
}

std::string escape_json(std::string_view text) {
    std::string quoted;
    json::append_quoted(quoted, text);
    return quoted.substr(1, quoted.size() - 2);
}

std::string unescape_json(std::string_view text) {
    const auto document = json::Document::parse("[\"" + std::string(text) + "\"]");
    return document ? std::string(document->root()[0].text()) : std::string(text);
}

}  // namespace idun::fhirpath::internal
