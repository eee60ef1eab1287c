#include <algorithm>
#include <array>
#include <optional>

#include "fhirpath/internal/lexer.h"
#include "fhirpath/internal/program.h"

namespace idun::fhirpath::internal {
namespace {

constexpr std::size_t kNestingMax = 120;  // of the parser's own calls: parentheses, arguments, signs

// The operators of two operands by how they bind; a higher level binds closer.
struct Binary {
    std::string_view word;
    Op op;
    int level;
};
constexpr std::array<Binary, 24> kBinary = {{
    {"implies", Op::implies, 1},
    {"or", Op::or_, 2}, {"xor", Op::xor_, 2},
    {"and", Op::and_, 3},
    {"in", Op::in, 4}, {"contains", Op::contains, 4},
    {"=", Op::equal, 5}, {"~", Op::equivalent, 5}, {"!=", Op::not_equal, 5}, {"!~", Op::not_equivalent, 5},
    {"<", Op::less, 6}, {"<=", Op::less_equal, 6}, {">", Op::greater, 6}, {">=", Op::greater_equal, 6},
    {"|", Op::union_, 7},
    {"is", Op::is, 8}, {"as", Op::as, 8},
    {"+", Op::add, 9}, {"-", Op::subtract, 9}, {"&", Op::concatenate, 9},
    {"*", Op::multiply, 10}, {"/", Op::divide, 10}, {"div", Op::div, 10}, {"mod", Op::mod, 10},
}};

bool is_keyword(std::string_view word) {
    static constexpr std::array<std::string_view, 8> kWords = {"and", "or", "xor", "implies", "div", "mod", "true", "false"};
    return std::ranges::find(kWords, word) != kWords.end();
}

class Parser {
public:
    Parser(std::vector<Token> tokens, const fhir::Definitions& definitions) : tokens_(std::move(tokens)), definitions_(definitions) {}

    Result<Program> run() {
        TRY_ASSIGN(program_.root, expression(0));
        if (now().kind != TokenKind::end) return unexpected("the end of the expression");
        return std::move(program_);
    }

private:
    using Index = std::uint32_t;

    const Token& now() const { return tokens_[at_]; }
    const Token& ahead(std::size_t by = 1) const { return tokens_[std::min(at_ + by, tokens_.size() - 1)]; }
    void step() {
        if (at_ + 1 < tokens_.size()) ++at_;
    }
    bool take(std::string_view symbol) {
        if (!now().is(symbol)) return false;
        step();
        return true;
    }
    tl::unexpected<Error> unexpected(std::string_view wanted) const {
        return syntax_error("expected " + std::string(wanted), now().position);
    }
    Status expect(std::string_view symbol) {
        if (!take(symbol)) return unexpected(symbol);
        return {};
    }

    Result<Index> add(Node node) {
        if (program_.nodes.size() >= kNodesMax) return fail(Category::too_large, "FHIRPath: the expression has too many parts");
        std::uint16_t depth = node.focus == kNone ? 0 : program_.nodes[node.focus].depth;
        for (std::uint32_t i = 0; i < node.count; ++i) depth = std::max(depth, program_.argument(node, i).depth);
        if (depth >= kDepthMax) return fail(Category::too_large, "FHIRPath: the expression is nested too deep");
        node.depth = static_cast<std::uint16_t>(depth + 1);
        program_.nodes.push_back(node);
        return static_cast<Index>(program_.nodes.size() - 1);
    }
    void set_arguments(Node& node, const std::vector<Index>& arguments) {
        node.first = static_cast<std::uint32_t>(program_.arguments.size());
        node.count = static_cast<std::uint32_t>(arguments.size());
        program_.arguments.insert(program_.arguments.end(), arguments.begin(), arguments.end());
    }
    std::uint32_t name_of(const std::string& name) {
        const auto found = std::ranges::find(program_.names, name);
        if (found == program_.names.end()) {
            program_.names.push_back(name);
            program_.underscored.push_back("_" + name);
            return static_cast<std::uint32_t>(program_.names.size() - 1);
        }
        return static_cast<std::uint32_t>(found - program_.names.begin());
    }
    Result<Index> literal(const Item& item, std::uint32_t position) {
        program_.literals.push_back(item);
        return add({.op = Op::literal, .number = static_cast<std::uint32_t>(program_.literals.size() - 1), .position = position});
    }

    const Binary* operator_here(int level_min) const {
        if (now().kind != TokenKind::symbol && now().kind != TokenKind::identifier) return nullptr;
        for (const Binary& b : kBinary) {
            if (b.word == now().text && b.level > level_min) return &b;
        }
        return nullptr;
    }

    // All operators that bind closer than `level`.
    Result<Index> expression(int level) {
        if (++nesting_ > kNestingMax) return fail(Category::too_large, "FHIRPath: the expression is nested too deep");
        TRY_ASSIGN(Index left, prefixed());
        while (const Binary* found = operator_here(level)) {
            Node node{.op = found->op, .position = now().position};
            step();
            if (found->op == Op::is || found->op == Op::as) {
                TRY_ASSIGN(node.number, type_specifier());
                set_arguments(node, {left});
            } else {
                TRY_ASSIGN(const Index right, expression(found->level));
                set_arguments(node, {left, right});
            }
            TRY_ASSIGN(left, add(node));
        }
        --nesting_;
        return left;
    }

    // A sign binds closer than the operators, and less than '.' and '[]': -1.abs() is -(1.abs()).
    Result<Index> prefixed() {
        const bool minus = now().is("-");
        if (!minus && !now().is("+")) return path();
        if (++nesting_ > kNestingMax) return fail(Category::too_large, "FHIRPath: the expression is nested too deep");
        Node node{.op = minus ? Op::negate : Op::plus_sign, .position = now().position};
        step();
        TRY_ASSIGN(const Index operand, prefixed());
        --nesting_;
        set_arguments(node, {operand});
        return add(node);
    }

    Result<Index> path() {
        TRY_ASSIGN(Index left, term());
        for (;;) {
            if (take(".")) {
                TRY_ASSIGN(left, invocation(left));
            } else if (now().is("[")) {
                Node node{.op = Op::item_at, .focus = left, .position = now().position};
                step();
                TRY_ASSIGN(const Index place, expression(0));
                TRY(expect("]"));
                set_arguments(node, {place});
                TRY_ASSIGN(left, add(node));
            } else {
                return left;
            }
        }
    }

    Result<Index> term() {
        const Token& token = now();
        switch (token.kind) {
            case TokenKind::integer:
            case TokenKind::decimal: return number();
            case TokenKind::string: {
                const Item item = Item::string(program_.store.keep(token.text));
                const std::uint32_t position = token.position;
                step();
                return literal(item, position);
            }
            case TokenKind::date: return moment(Item::Kind::date, Temporal::parse_date(token.text));
            case TokenKind::date_time: return moment(Item::Kind::date_time, Temporal::parse_date_time(token.text));
            case TokenKind::time: return moment(Item::Kind::time, Temporal::parse_time(token.text));
            case TokenKind::external: return external();
            case TokenKind::dollar: return invocation(kNone);
            case TokenKind::delimited: return invocation(kNone);
            case TokenKind::identifier:
                if (token.text == "true" || token.text == "false") {
                    const bool value = token.text == "true";
                    const std::uint32_t position = token.position;
                    step();
                    return literal(Item::boolean(value), position);
                }
                return invocation(kNone);
            default: break;
        }
        if (take("(")) {
            TRY_ASSIGN(const Index inside, expression(0));
            TRY(expect(")"));
            return inside;
        }
        if (now().is("{")) {
            Node node{.op = Op::nothing, .position = now().position};
            step();
            TRY(expect("}"));
            return add(node);
        }
        return unexpected("a value, a name or '('");
    }

    Result<Index> moment(Item::Kind kind, const std::optional<Temporal>& value) {
        if (!value) return syntax_error("a date or time that there is not", now().position);
        const std::uint32_t position = now().position;
        step();
        return literal(Item::temporal(kind, *value), position);
    }

    // A number, and the unit of a quantity behind it: 'mg', or a word of the calendar.
    Result<Index> number() {
        const Token token = now();
        step();
        const auto value = Decimal::parse(token.text);
        if (!value) return syntax_error("a number that is too long", token.position);
        const bool word = now().kind == TokenKind::identifier && calendar_unit(now().text);
        if (now().kind == TokenKind::string || word) {
            Quantity quantity{*value, now().text, word};
            if (word && quantity.unit.back() == 's') quantity.unit.pop_back();
            // 'month' in quotes is no UCUM unit; the specification lets it stand for the word.
            if (!word && calendar_unit(quantity.unit)) {
                quantity.calendar = true;
                if (quantity.unit.back() == 's') quantity.unit.pop_back();
            }
            step();
            return literal(Item::quantity(program_.store.keep(std::move(quantity))), token.position);
        }
        if (token.kind == TokenKind::decimal) return literal(Item::decimal(program_.store.keep(*value)), token.position);
        const auto whole = value->to_int64();
        if (!whole || *whole > 2'147'483'648) return syntax_error("an Integer over 2147483647", token.position);
        return literal(Item::integer(*whole), token.position);
    }

    Result<Index> external() {
        const Token token = now();
        step();
        const std::string& name = token.text;
        const auto text = [&](std::string value) {
            return literal(Item::string(program_.store.keep(std::move(value))), token.position);
        };
        if (name == "ucum") return text("http://unitsofmeasure.org");
        if (name == "sct") return text("http://snomed.info/sct");
        if (name == "loinc") return text("http://loinc.org");
        if (name.starts_with("vs-")) return text("http://hl7.org/fhir/ValueSet/" + name.substr(3));
        if (name.starts_with("ext-")) return text("http://hl7.org/fhir/StructureDefinition/" + name.substr(4));
        Node node{.op = Op::variable, .position = token.position};
        if (name == "context") node.op = Op::context;
        if (name == "resource") node.op = Op::resource;
        if (name == "rootResource") node.op = Op::root_resource;
        node.number = name_of(name);
        return add(node);
    }

    // A member, a function or $this behind `focus`; kNone: at the start of a path.
    Result<Index> invocation(Index focus) {
        const Token token = now();
        if (token.kind == TokenKind::dollar) {
            if (focus != kNone && token.text != "this") return unexpected("a name");
            step();
            if (focus != kNone) return focus;  // x.$this is x
            const Op op = token.text == "this" ? Op::this_ : token.text == "index" ? Op::index : Op::total;
            return add({.op = op, .position = token.position});
        }
        // Behind a dot the word of an operator can only be a name: Patient.text.div.
        const bool free = !is_keyword(token.text) || (focus != kNone && token.text != "true" && token.text != "false");
        const bool named = token.kind == TokenKind::delimited || (token.kind == TokenKind::identifier && free);
        if (!named) return unexpected("a name");
        step();
        if (token.kind == TokenKind::identifier && now().is("(")) return call(focus, token);
        Node node{.op = Op::member, .focus = focus, .number = name_of(token.text), .position = token.position};
        if (focus == kNone && definitions_.type(token.text) != nullptr && token.text[0] >= 'A' && token.text[0] <= 'Z') {
            node.op = Op::type_root;
            program_.types.push_back({definitions_.type(token.text), {}});
            node.number = static_cast<std::uint32_t>(program_.types.size() - 1);
        }
        return add(node);
    }

    Result<Index> call(Index focus, const Token& name) {
        const FunctionInfo* info = find_function(name.text);
        if (info == nullptr) {
            return fail(Category::invalid, "FHIRPath: there is no function '" + name.text.substr(0, 64) + "' (at " + std::to_string(name.position) + ")");
        }
        Node node{.op = Op::call, .function = info->function, .focus = focus, .position = name.position};
        TRY(expect("("));
        if (info->type_argument) {
            TRY_ASSIGN(node.number, type_specifier());
            TRY(expect(")"));
            return add(node);
        }
        std::vector<Index> arguments;
        if (!now().is(")")) {
            do {
                TRY_ASSIGN(const Index argument, info->function == Function::sort ? sort_key() : expression(0));
                arguments.push_back(argument);
            } while (take(","));
        }
        TRY(expect(")"));
        if (arguments.size() < info->arguments_min || arguments.size() > info->arguments_max) {
            return fail(Category::invalid, "FHIRPath: " + name.text + "() does not take " + std::to_string(arguments.size()) +
                                               " arguments (at " + std::to_string(name.position) + ")");
        }
        set_arguments(node, arguments);
        return add(node);
    }

    // A minus in front of a sort key, or 'desc' behind it, turns the order round.
    Result<Index> sort_key() {
        const bool minus = now().is("-");
        if (minus) step();
        TRY_ASSIGN(const Index key, expression(0));
        const bool behind = now().is_word("desc");
        if (behind || now().is_word("asc")) step();
        // The key stands in a node of its own, so that it may be marked.
        Node node{.op = Op::plus_sign, .descending = minus != behind, .position = program_.nodes[key].position};
        set_arguments(node, {key});
        return add(node);
    }

    Result<std::uint32_t> type_specifier() {
        const std::uint32_t position = now().position;
        TRY_ASSIGN(std::string name, type_word());
        std::string space;
        if (take(".")) {
            space = std::move(name);
            TRY_ASSIGN(name, type_word());
        }
        TypeSpecifier out;
        if (space.empty() || space == "FHIR") out.fhir = definitions_.type(name);
        if (space.empty() || space == "System") out.system = name;
        static constexpr std::array<std::string_view, 9> kSystem = {"Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", "Quantity", "Any"};
        const bool known = out.fhir != nullptr || std::ranges::find(kSystem, out.system) != kSystem.end();
        if (!known && space != "System") {
            return fail(Category::invalid, "FHIRPath: there is no type '" + name.substr(0, 64) + "' (at " + std::to_string(position) + ")");
        }
        program_.types.push_back(std::move(out));
        return static_cast<std::uint32_t>(program_.types.size() - 1);
    }

    Result<std::string> type_word() {
        if (now().kind != TokenKind::identifier && now().kind != TokenKind::delimited) return unexpected("the name of a type");
        std::string out = now().text;
        step();
        return out;
    }

    std::vector<Token> tokens_;
    const fhir::Definitions& definitions_;
    Program program_;
    std::size_t at_ = 0;
    std::size_t nesting_ = 0;
};

}  // namespace

Result<Program> parse(std::string_view text, const fhir::Definitions& definitions) {
    if (text.size() > kTextBytesMax) return fail(Category::too_large, "FHIRPath: the expression is longer than " + std::to_string(kTextBytesMax) + " bytes");
    TRY_ASSIGN(auto tokens, cut_tokens(text));
    TRY_ASSIGN(Program out, Parser(std::move(tokens), definitions).run());
    out.text = text;
    return out;
}

}  // namespace idun::fhirpath::internal
