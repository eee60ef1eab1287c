// `idun ucum`: units of measure, a question a line.
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "units/ucum.h"

namespace idun::cli {
namespace {

std::vector<std::string> columns(const std::string& line) {
    std::vector<std::string> out(1);
    for (char c : line) {
        if (c == '\t') out.emplace_back();
        else if (c != '\r') out.back() += c;
    }
    return out;
}

Result<Decimal> number(const std::string& text) {
    auto value = Decimal::parse(text);
    if (!value) return fail(Category::invalid, "this is not a decimal number");
    return *value;
}

std::string shown(const units::Quantity& quantity) { return quantity.value.text() + "\t" + quantity.unit; }

Result<std::string> answer(const std::string& question, const std::vector<std::string>& cells) {
    if (question == "validate") {
        TRY_ASSIGN(const auto unit, units::Unit::parse(cells[0]));
        return unit.base();
    }
    if (question == "describe") return units::describe(cells[0]);
    TRY_ASSIGN(const auto value, number(cells[0]));
    TRY_ASSIGN(const auto from, units::Unit::parse(cells[1]));
    if (question == "canonical") {
        TRY_ASSIGN(const auto form, units::canonical(value, from));
        return shown(form);
    }
    TRY_ASSIGN(const auto to, units::Unit::parse(cells[2]));
    TRY_ASSIGN(const auto result, units::convert(value, from, to));
    return result.text();
}

}  // namespace

int ucum(const std::string& question) {
    const std::size_t wanted = question == "convert" ? 3 : question == "canonical" ? 2 : 1;
    std::string line;
    bool all = true;
    while (std::getline(std::cin, line)) {
        const auto cells = columns(line);
        if (cells.size() != wanted) {
            std::cerr << "idun: each line of " << question << " has " << wanted << " columns, with tabs between\n";
            return kUsage;
        }
        const auto said = answer(question, cells);
        all = all && said.has_value();
        std::cout << (said ? "ok\t" + *said : "no\t" + said.error().message) << '\n';
    }
    return all ? kOk : kPartly;
}

}  // namespace idun::cli
