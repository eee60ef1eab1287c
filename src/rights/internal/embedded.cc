// Puts the default rule table into the program. IDUN_RULE_TABLE is the path of the file.
#include "rights/internal/embedded.h"

asm(".section .rodata\n"
    ".global idun_rule_table_first\n"
    "idun_rule_table_first:\n"
    ".incbin \"" IDUN_RULE_TABLE
    "\"\n"
    ".global idun_rule_table_last\n"
    "idun_rule_table_last:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char idun_rule_table_first;
extern "C" const char idun_rule_table_last;

namespace idun::rights {

std::string_view embedded_rule_table() {
    return {&idun_rule_table_first, static_cast<std::size_t>(&idun_rule_table_last - &idun_rule_table_first)};
}

}  // namespace idun::rights
