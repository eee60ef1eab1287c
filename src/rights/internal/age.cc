#include "rights/internal/age.h"

#include <algorithm>

namespace idun::rights {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::year_month_day;

// The years 1 to 9999: beyond them a calendar means nothing, and the arithmetic must not overflow.
std::chrono::sys_time<milliseconds> within_calendar(Instant time) {
    constexpr std::int64_t kFirst = -62'135'596'800'000, kLast = 253'402'300'799'999;
    return std::chrono::sys_time<milliseconds>(milliseconds(std::clamp(time.ms, kFirst, kLast)));
}

}  // namespace

Instant birthday(Instant born, int years) {
    const auto time = within_calendar(born);
    const auto day = std::chrono::floor<days>(time);
    const year_month_day date(day);
    year_month_day then(date.year() + std::chrono::years(years), date.month(), date.day());
    if (!then.ok()) then = then.year() / then.month() / std::chrono::last;
    return {
        (std::chrono::sys_time<milliseconds>(std::chrono::sys_days(then)) + (time - day)).time_since_epoch().count()};
}

int age_at(Instant born, Instant now) {
    const auto year = [](Instant time) {
        return static_cast<int>(year_month_day(std::chrono::floor<days>(within_calendar(time))).year());
    };
    const int years = year(now) - year(born);
    return std::max(0, birthday(born, years) > now ? years - 1 : years);
}

}  // namespace idun::rights
