#include "people/person_number.h"

#include <chrono>
#include <optional>

namespace idun::people {
namespace {

constexpr int kYearMin = 1740;       // numbers of synthetic people say births long before anybody alive was born
constexpr int kYearMinShort = 1840;  // where the century is not written, so early a year is a mistake
constexpr std::string_view kInterimLetters = "JKLMNRSTUWX";
// Somebody born just after midnight in Sweden is born tomorrow in UTC.
constexpr std::chrono::hours kAheadOfUtc{2};

tl::unexpected<Error> malformed(std::string what) {
    return fail(Category::invalid, "person number: " + std::move(what));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int number(std::string_view digits) {
    int out = 0;
    for (const char c : digits) out = out * 10 + (c - '0');
    return out;
}

// The parts of a number as it was written.
struct Parts {
    std::optional<int> century;  // 19
    int year = 0;                // 12
    int month = 0;
    int day = 0;            // as written
    std::string_view date;  // YYMMDD
    std::string_view tail;  // NNNC
    bool plus = false;
};

std::optional<Parts> split(std::string_view text) {
    Parts parts;
    if (text.size() != 10 && text.size() != 11 && text.size() != 12 && text.size() != 13) return std::nullopt;
    parts.tail = text.substr(text.size() - 4);
    std::string_view head = text.substr(0, text.size() - 4);
    if (head.size() % 2 == 1) {
        if (head.back() != '-' && head.back() != '+') return std::nullopt;
        parts.plus = head.back() == '+';
        head.remove_suffix(1);
    }
    for (const char c : head)
        if (!is_digit(c)) return std::nullopt;
    if (head.size() == 8) {
        parts.century = number(head.substr(0, 2));
        head.remove_prefix(2);
    }
    parts.date = head;
    parts.year = number(head.substr(0, 2));
    parts.month = number(head.substr(2, 2));
    parts.day = number(head.substr(4, 2));
    return parts;
}

std::optional<NumberKind> kind_of(const Parts& parts) {
    const bool letter = kInterimLetters.find(parts.tail[0]) != std::string_view::npos;
    if (!letter && !is_digit(parts.tail[0])) return std::nullopt;
    for (const char c : parts.tail.substr(1))
        if (!is_digit(c)) return std::nullopt;
    if (parts.tail.starts_with("000")) return std::nullopt;  // birth numbers start at 001
    if (parts.day >= 60) return letter ? std::nullopt : std::optional(NumberKind::coordination);
    return letter ? NumberKind::interim : NumberKind::personal;
}

// The sum of every second digit doubled, across digits, ends in 0.
bool luhn_holds(std::string_view date, std::string_view tail) {
    int sum = 0;
    int place = 0;
    const auto add = [&](char c) {
        int digit = is_digit(c) ? c - '0' : 1;
        if (place++ % 2 == 0) digit *= 2;
        sum += digit / 10 + digit % 10;
    };
    for (const char c : date) add(c);
    for (const char c : tail) add(c);
    return sum % 10 == 0;
}

std::chrono::year_month_day date_of(int year, int month, int day) {
    return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
            std::chrono::day{static_cast<unsigned>(day)}};
}

// The date of a coordination number may be incomplete (month or day 0) or only stated (30 February).
bool is_date(std::chrono::year_month_day date, NumberKind kind) {
    if (kind != NumberKind::coordination) return date.ok();
    return static_cast<unsigned>(date.month()) <= 12 && static_cast<unsigned>(date.day()) <= 31;
}

// The full year; nothing when there is none that fits.
std::optional<int> year_of(const Parts& parts, int day, std::chrono::year_month_day today) {
    const int this_year = static_cast<int>(today.year());
    if (parts.century) {
        const int year = *parts.century * 100 + parts.year;
        return parts.plus && this_year - year < 100 ? std::nullopt : std::optional(year);
    }
    int year = this_year / 100 * 100 + parts.year;
    if (parts.plus) {
        while (this_year - year < 100) year -= 100;
        return year;
    }
    if (year > this_year || date_of(year, parts.month, day) > today) year -= 100;
    return year;
}

}  // namespace

int PersonNumber::year() const { return number(std::string_view(digits).substr(0, 4)); }
int PersonNumber::month() const { return number(std::string_view(digits).substr(4, 2)); }
int PersonNumber::day() const {
    const int written = number(std::string_view(digits).substr(6, 2));
    return kind == NumberKind::coordination ? written - 60 : written;
}

Result<PersonNumber> parse_person_number(std::string_view text, Instant now) {
    const auto parts = split(text);
    if (!parts) return malformed("must be YYYYMMDDNNNN or YYMMDD-NNNN");
    const auto kind = kind_of(*parts);
    if (!kind) return malformed("must be YYYYMMDDNNNN or YYMMDD-NNNN");
    const int day = *kind == NumberKind::coordination ? parts->day - 60 : parts->day;

    using namespace std::chrono;
    const year_month_day today{floor<days>(sys_time<milliseconds>(milliseconds(now.ms) + kAheadOfUtc))};
    const auto year = year_of(*parts, day, today);
    if (!year) return malformed("'+' is for those who turn 100 or more");
    const year_month_day born = date_of(*year, parts->month, day);
    if (*year < (parts->century ? kYearMin : kYearMinShort) || !is_date(born, *kind) || born > today) return malformed("no such date of birth");
    if (!luhn_holds(parts->date, parts->tail)) return malformed("check digit does not fit");

    PersonNumber out;
    out.kind = *kind;
    out.digits = std::to_string(*year) + std::string(parts->date.substr(2)) + std::string(parts->tail);
    return out;
}

}  // namespace idun::people
