// The person by whom a provider's connection is tried out: nobody. The number is one of the test numbers that the Swedish Tax Agency
// (Skatteverket) publishes and gives to no one.
#pragma once

#include <string_view>

namespace idun::people {

inline constexpr std::string_view kTestPersonSystem = "http://electronichealth.se/identifier/personnummer";
inline constexpr std::string_view kTestPersonNumber = "189001019802";
// Their canonical form (person_id.h).
inline constexpr std::string_view kTestPerson = "SE|personnummer|189001019802";

// What the records about her carry in meta.security: HL7's mark for test health data.
inline constexpr std::string_view kTestMarkSystem = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr std::string_view kTestMark = "HTEST";

}  // namespace idun::people
