// Narrative.div: XHTML that is safe to show (FHIR R4 §2.8.0; rules txt-1 and txt-2).
#pragma once

#include <string_view>

namespace idun::fhir {

// Null when `div` is one well-formed <div> in the XHTML namespace with allowed tags and attributes only, no
// script in any form, and something to see. Otherwise one sentence for a person. Linear; nesting is bounded.
const char* xhtml_flaw(std::string_view div);

}  // namespace idun::fhir
