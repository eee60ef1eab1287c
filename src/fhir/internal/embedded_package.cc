// Puts the packed R4 core package into the program. IDUN_FHIR_PACK is the path of the file.
#include "fhir/internal/embedded_package.h"

#include <cstddef>

asm(".section .rodata\n"
    ".balign 16\n"
    ".global idun_fhir_pack_first\n"
    "idun_fhir_pack_first:\n"
    ".incbin \"" IDUN_FHIR_PACK "\"\n"
    ".global idun_fhir_pack_last\n"
    "idun_fhir_pack_last:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char idun_fhir_pack_first;
extern "C" const char idun_fhir_pack_last;

namespace idun::fhir {

std::string_view embedded_package() {
    return {&idun_fhir_pack_first, static_cast<std::size_t>(&idun_fhir_pack_last - &idun_fhir_pack_first)};
}

}  // namespace idun::fhir
