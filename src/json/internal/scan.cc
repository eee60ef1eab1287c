#include "json/internal/scan.h"

#include <cstdint>
#include <cstring>

namespace idun::json {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// The value of four hex digits; above 0xFFFF when they are not.
std::uint32_t hex4(const char* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = at[i];
        std::uint32_t nibble;
        if (c >= '0' && c <= '9') {
            nibble = static_cast<std::uint32_t>(c - '0');
        } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
            nibble = static_cast<std::uint32_t>((c | 32) - 'a' + 10);
        } else {
            return 0xFFFFFFFFu;
        }
        value = value << 4 | nibble;
    }
    return value;
}

char* put_utf8(char* to, std::uint32_t c) {
    if (c < 0x80) {
        *to++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *to++ = static_cast<char>(0xC0 | c >> 6);
        *to++ = static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = static_cast<char>(0xE0 | c >> 12);
        *to++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *to++ = static_cast<char>(0x80 | (c & 0x3F));
    } else {
        *to++ = static_cast<char>(0xF0 | c >> 18);
        *to++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
        *to++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *to++ = static_cast<char>(0x80 | (c & 0x3F));
    }
    return to;
}

// `at` stands on the 'u' of \uXXXX. Moves it past the escape (both halves of a pair).
bool code_point(const char*& at, const char* last, std::uint32_t& c) {
    if (last - at < 5) return false;
    c = hex4(at + 1);
    if (c > 0xFFFF || (c >= 0xDC00 && c <= 0xDFFF)) return false;
    at += 5;
    if (c < 0xD800 || c > 0xDBFF) return true;
    if (last - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
    const std::uint32_t low = hex4(at + 2);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    at += 6;
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

char simple_escape(char c) {
    switch (c) {
        case '"': return '"';
        case '\\': return '\\';
        case '/': return '/';
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return 0;
    }
}

// Bytes of the well-formed UTF-8 sequence at the start of `text` (RFC 3629 table); 0 when it is not one.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned a = byte(0);
    const unsigned b = byte(1);
    if (a < 0x80) return 1;
    if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
    if (a >= 0xE0 && a <= 0xEF) {
        const bool fits = (a != 0xE0 || b >= 0xA0) && (a != 0xED || b <= 0x9F);
        return fits && tail(1) && tail(2) ? 3 : 0;
    }
    if (a >= 0xF0 && a <= 0xF4) {
        const bool fits = (a != 0xF0 || b >= 0x90) && (a != 0xF4 || b <= 0x8F);
        return fits && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::size_t number_length(std::string_view text) {
    std::size_t i = 0;
    const auto at = [&]() { return i < text.size() ? text[i] : '\0'; };
    const auto digits = [&]() {
        const std::size_t start = i;
        while (digit(at())) ++i;
        return i > start;
    };
    if (at() == '-') ++i;
    if (at() == '0') {
        ++i;
    } else if (!digits()) {
        return 0;
    }
    if (at() == '.') {
        ++i;
        if (!digits()) return 0;
    }
    if (at() == 'e' || at() == 'E') {
        ++i;
        if (at() == '+' || at() == '-') ++i;
        if (!digits()) return 0;
    }
    return i;
}

char* unescape(char* first, char* last, const char*& bad) {
    const char* from = first;
    char* to = first;
    while (from < last) {
        const void* found = std::memchr(from, '\\', static_cast<std::size_t>(last - from));
        const char* next = found == nullptr ? last : static_cast<const char*>(found);
        std::memmove(to, from, static_cast<std::size_t>(next - from));
        to += next - from;
        from = next;
        if (from == last) break;
        bad = from;
        if (last - from < 2) return nullptr;
        ++from;
        if (*from == 'u') {
            std::uint32_t c = 0;
            if (!code_point(from, last, c)) return nullptr;
            to = put_utf8(to, c);
        } else {
            const char c = simple_escape(*from++);
            if (c == 0) return nullptr;
            *to++ = c;
        }
    }
    return to;
}

Flaw first_flaw(std::string_view text) {
    bool inside = false;
    std::size_t opened = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) return {i, "invalid UTF-8"};
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"') {
            inside = !inside;
            opened = i;
        } else if (inside && c < 0x20) {
            return {i, "control character in a string; it must be escaped"};
        } else if (c == '\\') {
            ++i;  // what follows is escaped and is looked at as text next time, unless it is a quote or backslash
            if (i < text.size() && text[i] != '"' && text[i] != '\\') continue;
        }
        i += length;
    }
    if (inside) return {opened, "a string that starts here does not end"};
    return {text.size(), "malformed text"};
}

}  // namespace idun::json
