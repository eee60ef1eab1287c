#include "json/internal/naive.h"

#include <cstdint>
#include <set>

#include "json/writer.h"

namespace idun::json {
namespace {

struct Naive {
    std::string_view in;
    std::size_t depth_max;
    std::size_t at = 0;
    std::string out = {};

    int peek() const { return at < in.size() ? static_cast<unsigned char>(in[at]) : -1; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at;
        return true;
    }
    void space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at;
    }
    bool word(std::string_view w) {
        if (in.substr(at, w.size()) != w) return false;
        at += w.size();
        out += w;
        return true;
    }

    bool digits() {
        const std::size_t start = at;
        while (peek() >= '0' && peek() <= '9') ++at;
        return at > start;
    }
    bool number() {
        const std::size_t start = at;
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (!digits()) return false;
        }
        out += in.substr(start, at - start);
        return true;
    }

    std::optional<std::uint32_t> hex() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i, ++at) {
            const int c = peek();
            const std::string_view lower = "0123456789abcdef";
            const std::string_view upper = "0123456789ABCDEF";
            std::size_t place = c < 0 ? lower.npos : lower.find(static_cast<char>(c));
            if (place == lower.npos && c >= 0) place = upper.find(static_cast<char>(c));
            if (place == lower.npos) return std::nullopt;
            value = value * 16 + static_cast<std::uint32_t>(place);
        }
        return value;
    }
    static void put(std::string& s, std::uint32_t c) {
        const auto byte = [&](std::uint32_t b) { s += static_cast<char>(b); };
        if (c < 0x80) return byte(c);
        if (c < 0x800) return byte(0xC0 + c / 64), byte(0x80 + c % 64);
        if (c < 0x10000) return byte(0xE0 + c / 4096), byte(0x80 + c / 64 % 64), byte(0x80 + c % 64);
        byte(0xF0 + c / 262144), byte(0x80 + c / 4096 % 64), byte(0x80 + c / 64 % 64), byte(0x80 + c % 64);
    }
    bool escape(std::string& s) {
        const int c = peek();
        ++at;
        switch (c) {
            case '"': case '\\': case '/': s += static_cast<char>(c); return true;
            case 'b': s += '\b'; return true;
            case 'f': s += '\f'; return true;
            case 'n': s += '\n'; return true;
            case 'r': s += '\r'; return true;
            case 't': s += '\t'; return true;
            case 'u': break;
            default: return false;
        }
        auto high = hex();
        if (!high) return false;
        if (*high >= 0xDC00 && *high < 0xE000) return false;
        if (*high >= 0xD800 && *high < 0xDC00) {
            if (!take('\\') || !take('u')) return false;
            const auto low = hex();
            if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
            high = 0x10000 + (*high - 0xD800) * 0x400 + (*low - 0xDC00);
        }
        put(s, *high);
        return true;
    }
    // One code point of UTF-8, decoded and range-checked.
    bool sequence(std::string& s) {
        const auto a = static_cast<unsigned>(peek());
        const int more = a < 0x80 ? 0 : a >= 0xC0 && a < 0xE0 ? 1 : a >= 0xE0 && a < 0xF0 ? 2 : a >= 0xF0 && a < 0xF8 ? 3 : -1;
        if (more < 0) return false;
        std::uint32_t c = more == 0 ? a : a & (0x3Fu >> more);
        ++at;
        for (int i = 0; i < more; ++i, ++at) {
            if (peek() < 0x80 || peek() > 0xBF) return false;
            c = c * 64 + (static_cast<unsigned>(peek()) & 0x3F);
        }
        constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
        if (c < kLeast[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return false;
        put(s, c);
        return true;
    }
    bool string(std::string& s) {
        if (!take('"')) return false;
        while (!take('"')) {
            if (peek() < 0x20) return false;
            if (take('\\') ? !escape(s) : !sequence(s)) return false;
        }
        return true;
    }

    bool list(char last, std::size_t depth, bool named) {
        if (depth > depth_max) return false;
        out += in[at++];
        space();
        std::set<std::string> names;
        if (!take(last)) {
            do {
                space();
                if (named) {
                    std::string name;
                    if (!string(name) || !names.insert(name).second) return false;
                    append_quoted(out, name);
                    space();
                    if (!take(':')) return false;
                    out += ':';
                    space();
                }
                if (!value(depth)) return false;
                space();
                out += ',';
            } while (take(','));
            if (!take(last)) return false;
            out.pop_back();
        }
        out += last;
        return true;
    }
    bool value(std::size_t depth) {
        switch (peek()) {
            case '{': return list('}', depth + 1, true);
            case '[': return list(']', depth + 1, false);
            case '"': {
                std::string s;
                if (!string(s)) return false;
                append_quoted(out, s);
                return true;
            }
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }
};

}  // namespace

std::optional<std::string> naive_normalized(std::string_view text, std::size_t depth_max) {
    Naive naive{text, depth_max};
    naive.space();
    if (!naive.value(0)) return std::nullopt;
    naive.space();
    if (naive.at != text.size()) return std::nullopt;
    return naive.out;
}

}  // namespace idun::json
