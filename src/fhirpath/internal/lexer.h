// Cuts a FHIRPath text into tokens (http://hl7.org/fhirpath/N1, appendix A and "Lexical Elements").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::fhirpath {

enum class TokenKind : std::uint8_t {
    end,
    identifier,  // name, also one that is a keyword elsewhere ("contains")
    delimited,   // `name`, unescaped
    string,      // 'text', unescaped
    integer,
    decimal,
    date,        // without the @: "2015-02-04"
    date_time,   // "2015-02-04T14:34Z", "2015T"
    time,        // without @T: "14:34:28.123"
    external,    // without the %: "resource"
    dollar,      // "this", "index", "total"
    symbol,      // "(", "!=", "|"
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;
    std::uint32_t position = 0;  // in bytes from the start of the text

    bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
    bool is_word(std::string_view word) const { return kind == TokenKind::identifier && text == word; }
};

// The last token is `end`. Refused: open strings and comments, characters outside the language, broken dates.
Result<std::vector<Token>> cut_tokens(std::string_view text);

// "not an operator at 17": the error of both lexer and parser.
tl::unexpected<Error> syntax_error(std::string what, std::size_t position);

}  // namespace idun::fhirpath
