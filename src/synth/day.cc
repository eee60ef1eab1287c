#include "synth/day.h"

namespace idun::synth {
namespace {

void two(std::string& out, unsigned number) {
    out += static_cast<char>('0' + number / 10 % 10);
    out += static_cast<char>('0' + number % 10);
}

// Summer time: from the last Sunday of March to the last Sunday of October, since 1980; by the day, not the hour.
bool is_summer(Day day) {
    const auto date = date_of(day);
    const unsigned month = static_cast<unsigned>(date.month());
    if (month < 3 || month > 10 || static_cast<int>(date.year()) < 1980) return false;
    if (month > 3 && month < 10) return true;
    using namespace std::chrono;
    const sys_days last_sunday{date.year() / date.month() / Sunday[last]};
    const bool after = sys_days(days(day)) >= last_sunday;
    return month == 3 ? after : !after;
}

}  // namespace

Day years_after(Day day, int years) {
    const auto date = date_of(day);
    using namespace std::chrono;
    const year_month_day moved = (date.year() + std::chrono::years(years)) / date.month() / date.day();
    return static_cast<Day>(sys_days(moved).time_since_epoch().count());
}

int age_at(Day born, Day day) {
    const auto from = date_of(born);
    const auto to = date_of(day);
    const int years = static_cast<int>(to.year()) - static_cast<int>(from.year());
    return to.month() < from.month() || (to.month() == from.month() && to.day() < from.day()) ? years - 1 : years;
}

void append_date(std::string& out, Day day) {
    const auto date = date_of(day);
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    two(out, year / 100);
    two(out, year % 100);
    out += '-';
    two(out, static_cast<unsigned>(date.month()));
    out += '-';
    two(out, static_cast<unsigned>(date.day()));
}

void append_time(std::string& out, Day day, int minute) {
    append_date(out, day);
    out += 'T';
    two(out, static_cast<unsigned>(minute / 60));
    out += ':';
    two(out, static_cast<unsigned>(minute % 60));
    out += is_summer(day) ? ":00+02:00" : ":00+01:00";
}

std::int64_t ms_of(Day day, int minute) {
    return (static_cast<std::int64_t>(day) * 1440 + minute - (is_summer(day) ? 120 : 60)) * 60'000;
}

std::string to_text(Day day) {
    std::string out;
    append_date(out, day);
    return out;
}

Result<Day> read_day(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t count) {
        int out = 0;
        for (const char c : text.substr(at, count)) {
            if (c < '0' || c > '9') return -1;
            out = out * 10 + (c - '0');
        }
        return out;
    };
    if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
        const int year = number(0, 4);
        const int month = number(5, 2);
        const int day = number(8, 2);
        using namespace std::chrono;
        if (year >= 1 && month >= 1 && day >= 1 && (std::chrono::year(year) / month / day).ok()) return day_of(year, month, day);
    }
    return fail(Category::invalid, "a date is written YYYY-MM-DD");
}

}  // namespace idun::synth
