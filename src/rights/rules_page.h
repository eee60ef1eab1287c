// The order of the rules and the national choices, as a page that a lawyer reads: docs/rights-rules.md is this page of
// the built-in table.
#pragma once

#include <string>

#include "rights/rule_table.h"

namespace idun::rights {

// Markdown, in English and Swedish.
std::string rules_page(const RuleTable& table);

}  // namespace idun::rights
