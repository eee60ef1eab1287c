// Puts UCUM's definitions into the program. IDUN_UCUM_ESSENCE is the path of the file.
#include "units/internal/embedded.h"

#include <cstddef>

asm(".section .rodata\n"
    ".global idun_ucum_first\n"
    "idun_ucum_first:\n"
    ".incbin \"" IDUN_UCUM_ESSENCE "\"\n"
    ".global idun_ucum_last\n"
    "idun_ucum_last:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char idun_ucum_first;
extern "C" const char idun_ucum_last;

namespace idun::units {

std::string_view embedded_essence() {
    return {&idun_ucum_first, static_cast<std::size_t>(&idun_ucum_last - &idun_ucum_first)};
}

}  // namespace idun::units
