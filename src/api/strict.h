// Strict reading of FHIR elements that mean a choice: what is not understood is refused, with its path.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "api/consent.h"

namespace idun::api {

// `unsupported` when the object has a member that is not listed; `invalid` when it is there and no object.
Status only(json::Value object, std::initializer_list<std::string_view> known, const std::string& path);
// The code of a Coding of that system; it may have a display, which nobody reads.
Result<std::string_view> coding_of(json::Value coding, std::string_view system, const std::string& path);
// The code of a CodeableConcept with one Coding of that system.
Result<std::string_view> code_of(json::Value codeable, std::string_view system, const std::string& path);
// system (may be absent) and value, 1 to 128 printable ASCII characters each.
Result<Identifier> identifier_of(json::Value identifier, const std::string& path);

struct Period {
    std::optional<Instant> start;
    std::optional<Instant> end;  // what lies at it is outside
};
// A date stands for the day in UTC: it starts with it, or ends after it. Nothing when the period is absent.
Result<Period> period_of(json::Value period, const std::string& path);

bool is_country(std::string_view code);  // two capital letters

}  // namespace idun::api
