// Puts the bytes of the definitions blob into the program. IDUN_FHIR_BLOB is the path of the file.
#include "fhir/internal/embedded.h"

asm(".section .rodata\n"
    ".balign 16\n"
    ".global idun_fhir_r4_first\n"
    "idun_fhir_r4_first:\n"
    ".incbin \"" IDUN_FHIR_BLOB "\"\n"
    ".global idun_fhir_r4_last\n"
    "idun_fhir_r4_last:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char idun_fhir_r4_first;
extern "C" const char idun_fhir_r4_last;

namespace idun::fhir {

std::string_view embedded_r4() {
    return {&idun_fhir_r4_first, static_cast<std::size_t>(&idun_fhir_r4_last - &idun_fhir_r4_first)};
}

}  // namespace idun::fhir
