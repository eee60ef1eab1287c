#include "fhirpath/internal/lexer.h"

#include <array>

#include "fhirpath/internal/text.h"

namespace idun::fhirpath {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Result<std::vector<Token>> run() {
        for (;;) {
            TRY(skip_blank());
            start_ = at_;
            if (at_ == text_.size()) {
                add(TokenKind::end, {});
                return std::move(tokens_);
            }
            TRY(next());
        }
    }

private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void add(TokenKind kind, std::string text) {
        tokens_.push_back({kind, std::move(text), static_cast<std::uint32_t>(start_)});
    }

    Status skip_blank() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else if (text_.substr(at_, 2) == "//") {
                while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
            } else if (text_.substr(at_, 2) == "/*") {
                const std::size_t end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) return syntax_error("the comment does not end", at_);
                at_ = end + 2;
            } else {
                break;
            }
        }
        return {};
    }

    Status next() {
        const char c = peek();
        if (is_digit(c)) return number();
        if (is_letter(c)) {
            add(TokenKind::identifier, std::string(word()));
            return {};
        }
        switch (c) {
            case '\'': return quoted(TokenKind::string);
            case '`': return quoted(TokenKind::delimited);
            case '@': return moment();
            case '%': return external();
            case '$': return dollar();
            default: return symbol();
        }
    }

    std::string_view word() {
        const std::size_t begin = at_;
        while (is_letter(peek()) || is_digit(peek())) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    Status number() {
        const std::size_t begin = at_;
        while (is_digit(peek())) ++at_;
        const bool decimal = peek() == '.' && is_digit(peek(1));
        if (decimal) {
            ++at_;
            while (is_digit(peek())) ++at_;
        }
        add(decimal ? TokenKind::decimal : TokenKind::integer, std::string(text_.substr(begin, at_ - begin)));
        return {};
    }

    Status quoted(TokenKind kind) {
        const char quote = text_[at_++];
        std::string out;
        while (peek() != quote) {
            if (at_ >= text_.size()) return syntax_error("the text in quotes does not end", start_);
            if (text_[at_] != '\\') {
                out.push_back(text_[at_++]);
                continue;
            }
            ++at_;
            if (at_ >= text_.size()) return syntax_error("the text in quotes does not end", start_);
            unescape(out);
        }
        ++at_;
        add(kind, std::move(out));
        return {};
    }

    // Behind a backslash. One that starts no escape is ignored, as the specification has it: '\p' is 'p'.
    void unescape(std::string& out) {
        const char c = text_[at_++];
        switch (c) {
            case 'f': out.push_back('\f'); return;
            case 'n': out.push_back('\n'); return;
            case 'r': out.push_back('\r'); return;
            case 't': out.push_back('\t'); return;
            case 'u': break;
            default: out.push_back(c); return;
        }
        std::uint32_t unit = 0;
        if (!hex4(at_, unit)) return out.push_back('u');
        at_ += 4;
        std::uint32_t low = 0;
        const bool high = unit >= 0xD800 && unit < 0xDC00;
        if (high && text_.substr(at_, 2) == "\\u" && hex4(at_ + 2, low) && low >= 0xDC00 && low < 0xE000) {
            at_ += 6;
            return internal::append_character(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        }
        internal::append_character(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFDu : unit);
    }

    bool hex4(std::size_t from, std::uint32_t& out) const {
        if (from + 4 > text_.size()) return false;
        out = 0;
        for (std::size_t i = from; i < from + 4; ++i) {
            const char c = text_[i];
            std::uint32_t digit = 0;
            if (is_digit(c)) digit = static_cast<std::uint32_t>(c - '0');
            else if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
            else if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
            else return false;
            out = out << 4 | digit;
        }
        return true;
    }

    bool digits(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(peek(i))) return false;
        }
        at_ += count;
        return true;
    }

    // hh(:mm(:ss(.f+)?)?)?
    Status clock() {
        if (!digits(2)) return broken();
        for (int part = 0; part < 2 && peek() == ':'; ++part) {
            ++at_;
            if (!digits(2)) return broken();
            if (part == 1 && peek() == '.' && is_digit(peek(1))) {
                ++at_;
                while (is_digit(peek())) ++at_;
            }
        }
        return {};
    }

    Status moment() {
        ++at_;
        const std::size_t begin = at_;
        if (peek() == 'T') {
            ++at_;
            TRY(clock());
            add(TokenKind::time, std::string(text_.substr(begin + 1, at_ - begin - 1)));
            return {};
        }
        if (!digits(4)) return broken();
        for (int part = 0; part < 2 && peek() == '-' && is_digit(peek(1)); ++part) {
            ++at_;
            if (!digits(2)) return broken();
        }
        if (peek() != 'T') {
            add(TokenKind::date, std::string(text_.substr(begin, at_ - begin)));
            return {};
        }
        ++at_;
        if (is_digit(peek())) {
            TRY(clock());
            if (peek() == 'Z') {
                ++at_;
            } else if ((peek() == '+' || peek() == '-') && is_digit(peek(1)) && is_digit(peek(2)) && peek(3) == ':') {
                at_ += 4;
                if (!digits(2)) return broken();
            }
        }
        add(TokenKind::date_time, std::string(text_.substr(begin, at_ - begin)));
        return {};
    }

    Status external() {
        ++at_;
        if (peek() == '`' || peek() == '\'') return quoted(TokenKind::external);
        if (!is_letter(peek())) return syntax_error("a name must follow %", start_);
        add(TokenKind::external, std::string(word()));
        return {};
    }

    Status dollar() {
        ++at_;
        const std::string_view name = word();
        if (name != "this" && name != "index" && name != "total") return syntax_error("only $this, $index and $total there are", start_);
        add(TokenKind::dollar, std::string(name));
        return {};
    }

    Status symbol() {
        static constexpr std::array<std::string_view, 21> kSymbols = {
            "!=", "!~", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "&", "|", "<", ">", "="};
        for (const std::string_view s : kSymbols) {
            if (text_.substr(at_, s.size()) != s) continue;
            at_ += s.size();
            add(TokenKind::symbol, std::string(s));
            return {};
        }
        if (peek() == '~') {
            ++at_;
            add(TokenKind::symbol, "~");
            return {};
        }
        return syntax_error("a character that FHIRPath does not use", at_);
    }

    tl::unexpected<Error> broken() const { return syntax_error("a date or time that is not whole", start_); }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t start_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

tl::unexpected<Error> syntax_error(std::string what, std::size_t position) {
    return fail(Category::invalid, "FHIRPath syntax: " + std::move(what) + " (at " + std::to_string(position) + ")");
}

Result<std::vector<Token>> cut_tokens(std::string_view text) { return Lexer(text).run(); }

}  // namespace idun::fhirpath
