// Dates, date-times and times of FHIRPath: what is known of a moment, no more. "@2015" knows only its year, so it is
// neither equal to "@2015-02" nor different from it.
//
//     auto a = Temporal::parse_date_time("2015-02-04T14:34+01:00");
//     std::optional<int> order = Temporal::compare(*a, *b);   // nullopt: undecidable
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/time.h"

namespace idun::fhirpath {

enum class TemporalUnit : std::uint8_t { year, month, week, day, hour, minute, second, millisecond };

struct Temporal {
    enum class Precision : std::uint8_t { year = 1, month, day, hour, minute, second };

    std::uint32_t nanosecond = 0;
    std::int16_t year = 0;       // of a time: 0
    std::int16_t zone = 0;       // minutes east of UTC
    std::uint8_t month = 1;
    std::uint8_t day = 1;
    std::uint8_t hour = 0;
    std::uint8_t minute = 0;
    std::uint8_t second = 0;
    std::uint8_t fraction_digits = 0;  // as written, at most 9
    Precision precision = Precision::day;
    bool has_zone = false;

    // "2015", "2015-02", "2015-02-04". Only days that the calendar has.
    static std::optional<Temporal> parse_date(std::string_view text);
    // A date, with "T" or "Thh", "Thh:mm", "Thh:mm:ss", "Thh:mm:ss.fff" behind it, and "Z" or "+hh:mm" behind a time.
    static std::optional<Temporal> parse_date_time(std::string_view text);
    // "14", "14:34", "14:34:28", "14:34:28.123"; also with a "T" in front.
    static std::optional<Temporal> parse_time(std::string_view text);
    static Temporal of(Instant time);  // to the millisecond, in UTC

    // In FHIR's form, without @: "2015-02-04T14:34:00.000+10:00", "14:34"
    std::string date_text() const;
    std::string date_time_text() const;
    std::string time_text() const;

    // Of two dates or date-times, or of two times: -1, 0, 1; nullopt when what is known does not decide. Seconds
    // and their fractions are one precision, so "14:34:28" equals "14:34:28.0".
    static std::optional<int> compare(const Temporal& a, const Temporal& b);
    // As compare() == 0, and never undecided: a different precision or a zone on one side only is not equivalent.
    static bool equivalent(const Temporal& a, const Temporal& b);

    // With the calendar: a month later is the same day, or the last one that the month has. Fractions count only for
    // seconds and milliseconds; units finer than the precision count in whole units of it. nullopt: out of the years 1 to 9999.
    std::optional<Temporal> plus(const Decimal& amount, TemporalUnit unit, bool is_time) const;

    // The earliest and latest moment that this may be, to `digits` of precision as FHIRPath counts them (4 year, 6 month, 8 day,
    // 10 hour, 12 minute, 14 second, 17 millisecond; of a time 2, 4, 6, 9). nullopt for other digits.
    std::optional<Temporal> boundary(bool high, int digits, bool is_time, bool is_date) const;
    int precision_digits(bool is_time) const;
};

// "year", "years" and so on; nullopt for other words.
std::optional<TemporalUnit> calendar_unit(std::string_view word);

}  // namespace idun::fhirpath
