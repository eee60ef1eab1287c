// A table of codes (docs/formats/code-table.md) made into a CodeSystem resource, and a CodeSystem checked before it is
// taken: what `idun terms import` does.
//
//     TRY_ASSIGN(const std::string resource, code_system_from_table(text, {.url = "http://www.whocc.no/atc"}));
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::terms {

// What the table is about. What is empty here the table's own head may say ("# url: …").
struct TableHead {
    std::string url = {};
    std::string version = {};
    std::string name = {};
    std::string title = {};
    std::string language = {};
    std::string content = {};  // "complete" when nobody says otherwise
};

inline constexpr std::size_t kTableRowsMax = 1'000'000;

// The resource as minified JSON. `invalid`, with the line, for a row with too few or too many cells, an empty or repeated
// code, a parent that is no code, and parents in a circle; never with content of the table but its codes.
Result<std::string> code_system_from_table(std::string_view text, const TableHead& head);

// The same resource, minified, when it is a whole and consistent CodeSystem.
Result<std::string> checked_code_system(std::string_view json);

}  // namespace idun::terms
