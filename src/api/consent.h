// What a person has chosen, as FHIR R4 Consent: one resource for an opt-out, one for each block.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace idun::api {

inline constexpr std::string_view kOptOutId = "opt-out";

struct Choice {
    bool opt_out = false;
    std::string provider_id;  // of a block
};

// Strict: what it does not understand it refuses, since a choice that is understood by half protects nobody.
Result<Choice> choice_from_fhir(json::Value consent);
std::string to_fhir(const Choice& choice, std::string_view id, std::string_view provider_name);

}  // namespace idun::api
