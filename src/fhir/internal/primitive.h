// Are these characters a value of that FHIR primitive type? Hand-written matchers for the regular
// expressions and rules of R4 §2.24.0.1; each looks at every byte once.
#pragma once

#include <cstdint>
#include <string_view>

namespace idun::fhir {

bool is_date(std::string_view text);       // 2024, 2024-02, 2024-02-29; the day must exist
bool is_date_time(std::string_view text);  // a date, or with time 2024-02-29T12:30:00.5+01:00; zone required
bool is_instant(std::string_view text);    // to the second, with zone
bool is_time(std::string_view text);       // 12:30:00.5
bool is_uri(std::string_view text);        // no whitespace or control characters, not empty
bool is_oid_urn(std::string_view text);    // urn:oid:1.2.3
bool is_uuid_urn(std::string_view text);   // urn:uuid:c757873d-ec9a-4326-a141-556f43239520
bool is_code(std::string_view text);       // no space at the ends, single spaces inside
bool is_base64(std::string_view text);     // groups of four, padded; whitespace between them allowed
bool is_string(std::string_view text);     // not empty, not only whitespace, no control characters but tab, CR, LF

// The digits of a JSON number.
bool is_decimal(std::string_view digits);       // at most 40 significant digits and three of exponent: bounded, far beyond the 18 FHIR asks for
bool is_integer(std::string_view digits);       // -2,147,483,648 to 2,147,483,647
bool is_unsigned_int(std::string_view digits);  // 0 to 2,147,483,647
bool is_positive_int(std::string_view digits);  // 1 to 2,147,483,647

}  // namespace idun::fhir
