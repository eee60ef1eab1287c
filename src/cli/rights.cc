// `idun rights rules`: the page that docs/rights-rules.md is.
#include <iostream>

#include "app/compressed.h"
#include "cli/commands.h"
#include "rights/rules_page.h"

namespace idun::cli {
namespace {

Result<rights::RuleTable> table_of(const std::string& file) {
    if (file.empty()) return rights::sweden();
    TRY_ASSIGN(const std::string text, app::read_file(file));
    return rights::rule_table_from_json(text);
}

}  // namespace

int rights_rules(const std::string& table_file) {
    const auto table = table_of(table_file);
    if (!table) return complain(table.error());
    std::cout << rights::rules_page(*table);
    return kOk;
}

}  // namespace idun::cli
