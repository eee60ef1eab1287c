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
    int day() const;  // of birth, with the 60 of a coordination number taken off; 0: unknown, as the month
};

// Reads YYYYMMDDNNNC, YYYYMMDD-NNNC, YYMMDD-NNNC, YYMMDD+NNNC and YYMMDDNNNC. In a short form without '+' the
// birth is the latest possible one that is not in the future; '+' is for those who turn 100 or more this year, also
// in the long form. Years from 1740 (1840 in short forms); the date must exist, save in coordination numbers (whose day has 60 added to
// it, and whose month or day may be unknown); NNN is not 000; the check digit is Luhn's over the nine digits
// before it, where an interim letter (one of JKLMNRSTUWX) counts as 1.
Result<PersonNumber> parse_person_number(std::string_view text, Instant now);

}  // namespace idun::people
