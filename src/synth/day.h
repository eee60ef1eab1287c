// Days, as numbers: what lives are counted in.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::synth {

// Days since 1970-01-01, in Sweden.
using Day = std::int32_t;
inline constexpr Day kNever = std::numeric_limits<Day>::max();
inline constexpr double kDaysAYear = 365.2425;

inline Day day_of(int year, int month, int day) {
    using namespace std::chrono;
    return static_cast<Day>(sys_days(std::chrono::year(year) / month / day).time_since_epoch().count());
}
inline std::chrono::year_month_day date_of(Day day) { return std::chrono::sys_days(std::chrono::days(day)); }
inline int year_of(Day day) { return static_cast<int>(date_of(day).year()); }
// The day that many years after or before; 29 February becomes 1 March where there is none.
Day years_after(Day day, int years);
// Whole years between.
int age_at(Day born, Day day);

// "2026-10-31".
std::string to_text(Day day);
Result<Day> read_day(std::string_view text);
void append_date(std::string& out, Day day);
// "2026-10-31T09:15:00+01:00": a minute of that day in Swedish time.
void append_time(std::string& out, Day day, int minute);
// The same point in time, in milliseconds since 1970.
std::int64_t ms_of(Day day, int minute);

}  // namespace idun::synth
