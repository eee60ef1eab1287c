#pragma once

#include <string_view>

namespace idun::rights {

// data/rules/sweden.json.
std::string_view embedded_rule_table();

}  // namespace idun::rights
