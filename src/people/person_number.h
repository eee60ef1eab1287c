// Swedish personal, coordination and interim numbers: form, date and check digit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace idun::people {

enum class NumberKind : std::uint8_t { personal, coordination, interim };

struct PersonNumber {
    NumberKind kind = NumberKind::personal;
    std::string digits;  // 12 characters, "191212121212"; an interim number has a letter in place 9

    int year() const;
    int month() const;
    int day() const;  // of birth, with the 60 of a coordination number taken off
};

// Reads YYYYMMDDNNNC, YYYYMMDD-NNNC, YYMMDD-NNNC, YYMMDD+NNNC and YYMMDDNNNC. With a short form the century is
// the one that makes the person younger than 100 years at `now`; '+' says 100 or older. The long form may carry
// '+' when the person is that old. Years 1840 to `now`; the date must exist (day + 60 for coordination
// numbers); the check digit is Luhn's over the nine digits before it, an interim letter counting as 1.
Result<PersonNumber> parse_person_number(std::string_view text, Instant now);

}  // namespace idun::people
