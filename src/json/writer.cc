#include "json/writer.h"

#include <array>
#include <cstring>
#include <utility>

namespace idun::json {
namespace {

constexpr std::array<bool, 256> escaped_bytes() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    table['"'] = table['\\'] = true;
    return table;
}
constexpr auto kEscaped = escaped_bytes();

// True when one of eight bytes is a control character, a quote or a backslash (exact: high bits are masked out).
bool needs_escape(std::uint64_t w) {
    constexpr std::uint64_t kOnes = 0x0101010101010101u;
    constexpr std::uint64_t kHigh = 0x8080808080808080u;
    const auto zero_byte = [](std::uint64_t x) { return (x - kOnes) & ~x; };
    const std::uint64_t control = (w - 0x20 * kOnes) & ~w;
    return ((control | zero_byte(w ^ '"' * kOnes) | zero_byte(w ^ '\\' * kOnes)) & kHigh) != 0;
}

std::size_t plain_run(std::string_view text) {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + i, 8);
        if (needs_escape(word)) break;
    }
    while (i < text.size() && !kEscaped[static_cast<unsigned char>(text[i])]) ++i;
    return i;
}

void append_escape(std::string& out, unsigned char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        default: break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u00";
    out += kHex[c >> 4];
    out += kHex[c & 15];
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t run = plain_run(text);
        out.append(text.data(), run);
        text.remove_prefix(run);
        if (text.empty()) break;
        append_escape(out, static_cast<unsigned char>(text.front()));
        text.remove_prefix(1);
    }
    out += '"';
}

void Writer::separate() {
    if (levels_.empty()) {
        IDUN_CHECK(!done_);
        done_ = true;
        return;
    }
    char& level = levels_.back();
    if (level == '{' || level == '}') {
        IDUN_CHECK(after_name_);
        after_name_ = false;
    } else if (level == '[') {
        level = ']';
    } else {
        out_ += ',';
    }
}

void Writer::open(char bracket) {
    separate();
    out_ += bracket;
    levels_ += bracket;
}

Writer& Writer::object() {
    open('{');
    return *this;
}

Writer& Writer::array() {
    open('[');
    return *this;
}

Writer& Writer::end() {
    IDUN_CHECK(!levels_.empty() && !after_name_);
    const char level = levels_.back();
    levels_.pop_back();
    out_ += level == '{' || level == '}' ? '}' : ']';
    return *this;
}

Writer& Writer::name(std::string_view name) {
    IDUN_CHECK(!levels_.empty() && !after_name_);
    char& level = levels_.back();
    IDUN_CHECK(level == '{' || level == '}');
    if (level == '}') out_ += ',';
    level = '}';
    append_quoted(out_, name);
    out_ += ':';
    after_name_ = true;
    return *this;
}

Writer& Writer::value(std::string_view text) {
    separate();
    append_quoted(out_, text);
    return *this;
}

Writer& Writer::value(Value tree) {
    separate();
    append_text(out_, tree);
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

std::string Writer::take() {
    IDUN_CHECK(levels_.empty());
    done_ = false;
    return std::exchange(out_, {});
}

void append_text(std::string& out, Value tree) {
    switch (tree.kind()) {
        case Kind::absent: IDUN_CHECK(false && "an absent value has no text"); return;
        case Kind::null: out += "null"; return;
        case Kind::boolean: out += tree.boolean() ? "true" : "false"; return;
        case Kind::number: out += tree.text(); return;
        case Kind::string: append_quoted(out, tree.text()); return;
        case Kind::array: {
            char mark = '[';
            for (const Value element : tree.elements()) {
                out += mark;
                mark = ',';
                append_text(out, element);
            }
            out += mark == '[' ? "[]" : "]";
            return;
        }
        case Kind::object: {
            char mark = '{';
            for (const Member& member : tree.members()) {
                out += mark;
                mark = ',';
                append_quoted(out, member.name);
                out += ':';
                append_text(out, member.value);
            }
            out += mark == '{' ? "{}" : "}";
            return;
        }
    }
}

std::string to_text(Value tree) {
    std::string out;
    if (tree) append_text(out, tree);
    return out;
}

std::string indented(std::string_view json) {
    std::string out;
    out.reserve(json.size() * 2);
    std::size_t level = 0;
    const auto line = [&] { out.append(1, '\n').append(level * 2, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        if (c == '"') {
            const std::size_t start = i++;
            while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
            out += json.substr(start, i - start + 1);
        } else if (c == '{' || c == '[') {
            out += c;
            std::size_t next = i + 1;
            while (next < json.size() && (json[next] == ' ' || json[next] == '\n' || json[next] == '\r' || json[next] == '\t')) ++next;
            if (next < json.size() && (json[next] == '}' || json[next] == ']')) {
                out += json[next];
                i = next;
                continue;
            }
            ++level;
            line();
        } else if (c == '}' || c == ']') {
            if (level > 0) --level;
            line();
            out += c;
        } else if (c == ',') {
            out += c;
            line();
        } else {
            out += c;
            if (c == ':') out += ' ';
        }
    }
    return out;
}

}  // namespace idun::json
