// UCUM's grammar:
//
//     main      = "/" term | term
//     term      = component { ("." | "/") component }          from left to right
//     component = simple [exponent] [annotation] | number [annotation] | annotation | "(" term ")" [annotation]
//     simple    = ATOM | PREFIX ATOM that is metric
//
// The annotation behind a parenthesis is not in the specification's grammar, but in its own table of common units:
// g/(8.h){shift}.
#pragma once

#include <string>
#include <string_view>

#include "units/internal/table.h"
#include "units/ucum.h"

namespace idun::units {

class UnitParser {
public:
    // names: where to write the unit in words, or null.
    UnitParser(std::string_view text, const Table& table, std::string* names = nullptr)
        : text_(text), table_(table), names_(names) {}
    Result<Unit> run();

private:
    Result<Unit> term(Unit left, int sign, int depth);
    Result<Unit> component(int depth);
    Result<Unit> number();
    Result<Unit> simple();
    Result<int> exponent();
    Status annotation();
    std::size_t symbol_end() const;
    Status describe_symbol(std::string_view prefix, std::string_view name, int exponent, bool has_exponent);

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void say(std::string_view words) {
        if (names_) names_->append(words);
    }

    std::string_view text_;
    const Table& table_;
    std::string* names_;
    std::size_t at_ = 0;
};

}  // namespace idun::units
