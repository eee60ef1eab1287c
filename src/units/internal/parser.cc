#include "units/internal/parser.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace idun::units {
namespace {

constexpr int kWrittenExponentMax = 99;
constexpr std::size_t kNumberDigitsMax = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_printable(char c) { return c > 32 && c < 127; }

// A piece of the code for a message: short, and only characters that are harmless everywhere.
std::string quoted(std::string_view piece) {
    std::string out = "'";
    for (char c : piece.substr(0, 24)) out += is_printable(c) ? c : '?';
    return out + (piece.size() > 24 ? "...'" : "'");
}

tl::unexpected<Error> wrong(std::string message) { return fail(Category::invalid, std::move(message)); }

}  // namespace

Result<Unit> UnitParser::run() {
    if (text_.empty()) return wrong("a unit needs at least one character; write 1 for none");
    if (text_.size() > Unit::kTextMax) return wrong(fmt::format("a unit has at most {} characters", Unit::kTextMax));
    for (char c : text_) {
        if (c == ' ') return wrong("a unit has no spaces");
        if (!is_printable(c)) return wrong("a unit has only printable ASCII characters");
    }
    Unit unity;
    int sign = 1;
    if (peek() == '/') {
        ++at_;
        sign = -1;
        say("/ ");
    }
    TRY_ASSIGN(auto unit, term(std::move(unity), sign, 0));
    if (!at_end()) return wrong(fmt::format("{} cannot follow here; units are joined by . or /", quoted(text_.substr(at_))));
    return unit;
}

Result<Unit> UnitParser::term(Unit left, int sign, int depth) {
    while (true) {
        TRY_ASSIGN(auto right, component(depth));
        TRY_ASSIGN(left, Unit::combine(left, right, sign));
        if (peek() != '.' && peek() != '/') return left;
        sign = peek() == '.' ? 1 : -1;
        say(sign > 0 ? " * " : " / ");
        ++at_;
    }
}

Result<Unit> UnitParser::component(int depth) {
    if (at_end()) return wrong(at_ == 0 ? "a unit is missing" : fmt::format("a unit must follow '{}'", text_[at_ - 1]));
    char c = peek();
    if (c == '(') {
        if (depth >= Unit::kDepthMax) return wrong(fmt::format("more than {} parentheses within each other", Unit::kDepthMax));
        ++at_;
        say("(");
        TRY_ASSIGN(auto inner, term(Unit(), 1, depth + 1));
        if (peek() != ')') return wrong("a closing parenthesis is missing");
        ++at_;
        say(")");
        if (peek() == '{') TRY(annotation());
        return inner;
    }
    if (c == '{') {
        TRY(annotation());
        return Unit();
    }
    bool ten = text_.substr(at_).starts_with("10*") || text_.substr(at_).starts_with("10^");
    TRY_ASSIGN(auto unit, is_digit(c) && !ten ? number() : simple());
    if (peek() == '{') TRY(annotation());
    return unit;
}

Status UnitParser::annotation() {
    auto end = text_.find('}', at_);
    if (end == std::string_view::npos) return wrong("a closing brace is missing");
    auto inside = text_.substr(at_ + 1, end - at_ - 1);
    if (inside.find('{') != std::string_view::npos) return wrong("an annotation holds no brace");
    say(text_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    return {};
}

Result<Unit> UnitParser::number() {
    auto end = at_;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    auto digits = text_.substr(at_, end - at_);
    if (digits.size() > kNumberDigitsMax) return wrong(fmt::format("a number has at most {} digits", kNumberDigitsMax));
    at_ = end;
    if (!at_end() && peek() != '.' && peek() != '/' && peek() != ')' && peek() != '{') {
        return wrong(fmt::format("the number {} must be followed by . or / before {}", digits, quoted(text_.substr(at_))));
    }
    auto value = Decimal::parse(digits);
    if (!value || value->is_zero()) return wrong("a unit cannot be zero");
    say(digits);
    Unit unit;
    TRY(unit.scale(*value));
    return unit;
}

// Where the symbol ends that starts here. Brackets may hold anything: [m/s2/Hz^(1/2)] is one symbol.
std::size_t UnitParser::symbol_end() const {
    auto end = at_;
    if (is_digit(peek())) return at_ + 3;  // 10* and 10^
    while (end < text_.size()) {
        char c = text_[end];
        if (c == '[') {
            auto close = text_.find(']', end);
            if (close == std::string_view::npos) return text_.size();
            end = close + 1;
            continue;
        }
        if (is_digit(c) || c == '+' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' || c == '{' || c == '}') break;
        ++end;
    }
    return end;
}

Result<Unit> UnitParser::simple() {
    auto end = symbol_end();
    auto symbol = text_.substr(at_, end - at_);
    if (symbol.empty()) return wrong(fmt::format("{} is not the beginning of a unit", quoted(text_.substr(at_))));
    const Prefix* prefix = nullptr;
    const auto* atom = table_.find_atom(symbol);
    if (!atom) atom = table_.find_prefixed(symbol, prefix);
    if (!atom) {
        auto near = table_.near(symbol);
        return wrong(fmt::format("{} is not a UCUM unit{}", quoted(symbol), near.empty() ? "" : fmt::format(" (is '{}' meant?)", near)));
    }
    at_ = end;
    auto unit = atom->unit;
    if (prefix) TRY(unit.scale(prefix->value));
    bool has_exponent = is_digit(peek()) || peek() == '+' || peek() == '-';
    int power = 1;
    if (has_exponent) {
        TRY_ASSIGN(power, exponent());
        TRY_ASSIGN(unit, unit.power(power));
    }
    if (names_) TRY(describe_symbol(prefix ? std::string_view(prefix->name) : "", atom->source.name, power, has_exponent));
    return unit;
}

Result<int> UnitParser::exponent() {
    auto first = at_;
    bool negative = peek() == '-';
    if (peek() == '+' || peek() == '-') ++at_;
    int value = 0;
    auto digits = at_;
    while (is_digit(peek())) {
        value = value * 10 + (peek() - '0');
        if (value > kWrittenExponentMax) return wrong(fmt::format("an exponent is at most {}", kWrittenExponentMax));
        ++at_;
    }
    if (at_ == digits) return wrong(fmt::format("digits must follow '{}'", text_[first]));
    return negative ? -value : value;
}

Status UnitParser::describe_symbol(std::string_view prefix, std::string_view name, int exponent, bool has_exponent) {
    names_->append("(").append(prefix).append(name);
    if (has_exponent) names_->append(" ^ ").append(std::to_string(exponent));
    names_->append(")");
    return {};
}

}  // namespace idun::units
