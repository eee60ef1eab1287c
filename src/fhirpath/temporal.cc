#include "fhirpath/temporal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace idun::fhirpath {
namespace {

using Precision = Temporal::Precision;
constexpr std::int64_t kNanosecondsOfSecond = 1'000'000'000;
constexpr std::int64_t kSecondsOfDay = 86'400;

// Reads from the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}
    bool done() const { return at_ == text_.size(); }
    bool take(char c) {
        if (done() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    // Exactly `count` digits, at most `most` in value.
    std::optional<int> number(std::size_t count, int least, int most) {
        if (at_ + count > text_.size()) return std::nullopt;
        int out = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const char c = text_[at_ + i];
            if (c < '0' || c > '9') return std::nullopt;
            out = out * 10 + (c - '0');
        }
        if (out < least || out > most) return std::nullopt;
        at_ += count;
        return out;
    }
    bool fraction(Temporal& out) {
        std::uint32_t scale = kNanosecondsOfSecond;
        std::size_t digits = 0;
        for (; !done() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits) {
            if (digits >= 9) continue;
            scale /= 10;
            out.nanosecond += static_cast<std::uint32_t>(text_[at_] - '0') * scale;
        }
        out.fraction_digits = static_cast<std::uint8_t>(std::min<std::size_t>(digits, 9));
        return digits > 0;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

int days_in(int year, int month) {
    const auto last = std::chrono::year_month_day_last(std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::last);
    return static_cast<int>(static_cast<unsigned>(last.day()));
}

bool read_date(Reader& in, Temporal& out) {
    const auto year = in.number(4, 1, 9999);
    if (!year) return false;
    out.year = static_cast<std::int16_t>(*year);
    out.precision = Precision::year;
    if (!in.take('-')) return true;
    const auto month = in.number(2, 1, 12);
    if (!month) return false;
    out.month = static_cast<std::uint8_t>(*month);
    out.precision = Precision::month;
    if (!in.take('-')) return true;
    const auto day = in.number(2, 1, days_in(*year, *month));
    if (!day) return false;
    out.day = static_cast<std::uint8_t>(*day);
    out.precision = Precision::day;
    return true;
}

bool read_time(Reader& in, Temporal& out) {
    const auto hour = in.number(2, 0, 23);
    if (!hour) return false;
    out.hour = static_cast<std::uint8_t>(*hour);
    out.precision = Precision::hour;
    if (!in.take(':')) return true;
    const auto minute = in.number(2, 0, 59);
    if (!minute) return false;
    out.minute = static_cast<std::uint8_t>(*minute);
    out.precision = Precision::minute;
    if (!in.take(':')) return true;
    const auto second = in.number(2, 0, 60);  // 60: FHIR allows leap seconds
    if (!second) return false;
    out.second = static_cast<std::uint8_t>(*second);
    out.precision = Precision::second;
    return !in.take('.') || in.fraction(out);
}

bool read_zone(Reader& in, Temporal& out) {
    if (in.done()) return true;
    out.has_zone = true;
    if (in.take('Z')) return true;
    const bool west = in.take('-');
    if (!west && !in.take('+')) return false;
    const auto hours = in.number(2, 0, 14);
    if (!hours || !in.take(':')) return false;
    const auto minutes = in.number(2, 0, 59);
    if (!minutes) return false;
    out.zone = static_cast<std::int16_t>((west ? -1 : 1) * (*hours * 60 + *minutes));
    return true;
}

std::int64_t days_of(const Temporal& t) {
    const auto date = std::chrono::year(t.year) / std::chrono::month(t.month) / std::chrono::day(t.day);
    return std::chrono::sys_days(date).time_since_epoch().count();
}

bool set_days(Temporal& t, std::int64_t days) {
    constexpr std::int64_t kFirst = -719'162;  // 0001-01-01
    constexpr std::int64_t kLast = 2'932'896;  // 9999-12-31
    if (days < kFirst || days > kLast) return false;
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    t.year = static_cast<std::int16_t>(static_cast<int>(date.year()));
    t.month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month()));
    t.day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()));
    return true;
}

std::int64_t seconds_of(const Temporal& t) {
    return days_of(t) * kSecondsOfDay + t.hour * 3600 + t.minute * 60 + t.second;
}

bool set_seconds(Temporal& t, std::int64_t seconds, bool is_time) {
    std::int64_t days = seconds / kSecondsOfDay;
    std::int64_t rest = seconds % kSecondsOfDay;
    if (rest < 0) {
        rest += kSecondsOfDay;
        --days;
    }
    t.hour = static_cast<std::uint8_t>(rest / 3600);
    t.minute = static_cast<std::uint8_t>(rest / 60 % 60);
    t.second = static_cast<std::uint8_t>(rest % 60);
    return is_time || set_days(t, days);  // a time goes round the clock
}

Temporal in_utc(Temporal t) {
    if (!t.has_zone || t.zone == 0 || t.precision < Precision::hour) return t;
    const Temporal before = t;
    if (!set_seconds(t, seconds_of(before) - t.zone * 60, false)) return before;
    t.zone = 0;
    return t;
}

std::array<std::int64_t, 6> parts(const Temporal& t) {
    return {t.year, t.month, t.day, t.hour, t.minute, t.second * kNanosecondsOfSecond + t.nanosecond};
}

bool time_known(const Temporal& t) { return t.precision >= Precision::hour; }

void append_clock(std::string& out, const Temporal& t) {
    fmt::format_to(std::back_inserter(out), "{:02}", t.hour);
    if (t.precision >= Precision::minute) fmt::format_to(std::back_inserter(out), ":{:02}", t.minute);
    if (t.precision < Precision::second) return;
    fmt::format_to(std::back_inserter(out), ":{:02}", t.second);
    if (t.fraction_digits == 0) return;
    const std::string digits = fmt::format("{:09}", t.nanosecond);
    out.push_back('.');
    out.append(digits, 0, t.fraction_digits);
}

std::optional<std::int64_t> whole(const Decimal& amount) { return amount.truncated().to_int64(); }

std::optional<Temporal> plus_months(Temporal t, std::int64_t months) {
    if (months > 120'000 || months < -120'000) return std::nullopt;
    const std::int64_t all = static_cast<std::int64_t>(t.year) * 12 + (t.month - 1) + months;
    const std::int64_t year = all / 12;
    if (all < 12 || year > 9999) return std::nullopt;
    t.year = static_cast<std::int16_t>(year);
    t.month = static_cast<std::uint8_t>(all % 12 + 1);
    t.day = static_cast<std::uint8_t>(std::min<int>(t.day, days_in(t.year, t.month)));
    return t;
}

// Nanoseconds of an amount of days or a finer unit; fractions only of seconds and milliseconds.
std::optional<Decimal> nanoseconds(const Decimal& amount, TemporalUnit unit) {
    const auto times = [&](std::int64_t n) { return Decimal::multiply(amount.truncated(), Decimal::of(n)); };
    switch (unit) {
        case TemporalUnit::week: return times(7 * kSecondsOfDay * kNanosecondsOfSecond);
        case TemporalUnit::day: return times(kSecondsOfDay * kNanosecondsOfSecond);
        case TemporalUnit::hour: return times(3600 * kNanosecondsOfSecond);
        case TemporalUnit::minute: return times(60 * kNanosecondsOfSecond);
        case TemporalUnit::second: return Decimal::multiply(amount, Decimal::of(kNanosecondsOfSecond));
        case TemporalUnit::millisecond: return Decimal::multiply(amount, Decimal::of(1'000'000));
        default: return std::nullopt;
    }
}

// Whole units of the precision in that many nanoseconds: a year has 365 days here and a month 30.
std::int64_t unit_nanoseconds(Precision precision) {
    constexpr std::int64_t kDay = kSecondsOfDay * kNanosecondsOfSecond;
    switch (precision) {
        case Precision::year: return 365 * kDay;
        case Precision::month: return 30 * kDay;
        case Precision::day: return kDay;
        case Precision::hour: return 3600 * kNanosecondsOfSecond;
        case Precision::minute: return 60 * kNanosecondsOfSecond;
        case Precision::second: return 1;
    }
    return 1;
}

std::optional<Temporal> plus_units(Temporal t, std::int64_t count, bool is_time) {
    switch (t.precision) {
        case Precision::year: return plus_months(t, std::clamp<std::int64_t>(count, -20'000, 20'000) * 12);
        case Precision::month: return plus_months(t, count);
        case Precision::day: return set_days(t, days_of(t) + count) ? std::optional(t) : std::nullopt;
        default: break;
    }
    const std::int64_t unit = unit_nanoseconds(t.precision);
    if (unit > 1) {
        return set_seconds(t, seconds_of(t) + count * (unit / kNanosecondsOfSecond), is_time) ? std::optional(t) : std::nullopt;
    }
    std::int64_t seconds = count / kNanosecondsOfSecond;
    std::int64_t rest = count % kNanosecondsOfSecond + t.nanosecond;
    if (rest < 0) {
        rest += kNanosecondsOfSecond;
        --seconds;
    }
    seconds += rest / kNanosecondsOfSecond;
    t.nanosecond = static_cast<std::uint32_t>(rest % kNanosecondsOfSecond);
    if (t.nanosecond % 1'000'000 != 0) t.fraction_digits = 9;
    else if (t.nanosecond != 0) t.fraction_digits = std::max<std::uint8_t>(t.fraction_digits, 3);
    return set_seconds(t, seconds_of(t) + seconds, is_time) ? std::optional(t) : std::nullopt;
}

}  // namespace

std::optional<Temporal> Temporal::parse_date(std::string_view text) {
    Reader in(text);
    Temporal out;
    if (!read_date(in, out) || !in.done()) return std::nullopt;
    return out;
}

std::optional<Temporal> Temporal::parse_date_time(std::string_view text) {
    Reader in(text);
    Temporal out;
    if (!read_date(in, out)) return std::nullopt;
    if (in.done()) return out;
    if (!in.take('T')) return std::nullopt;
    if (in.done()) return out;
    if (out.precision != Precision::day || !read_time(in, out) || !read_zone(in, out) || !in.done()) return std::nullopt;
    return out;
}

std::optional<Temporal> Temporal::parse_time(std::string_view text) {
    Reader in(text);
    in.take('T');
    Temporal out;
    if (!read_time(in, out) || !in.done()) return std::nullopt;
    return out;
}

Temporal Temporal::of(Instant time) {
    Temporal out;
    std::int64_t seconds = time.ms / 1000;
    std::int64_t ms = time.ms % 1000;
    if (ms < 0) {
        ms += 1000;
        --seconds;
    }
    if (!set_seconds(out, seconds, false)) return out;
    out.nanosecond = static_cast<std::uint32_t>(ms * 1'000'000);
    out.fraction_digits = 3;
    out.precision = Precision::second;
    out.has_zone = true;
    return out;
}

std::string Temporal::date_text() const {
    std::string out = fmt::format("{:04}", year);
    if (precision >= Precision::month) fmt::format_to(std::back_inserter(out), "-{:02}", month);
    if (precision >= Precision::day) fmt::format_to(std::back_inserter(out), "-{:02}", day);
    return out;
}

std::string Temporal::date_time_text() const {
    std::string out = date_text();
    if (precision < Precision::hour) return out;
    out.push_back('T');
    append_clock(out, *this);
    if (!has_zone) return out;
    if (zone == 0) return out + "Z";
    const int minutes = zone < 0 ? -zone : zone;
    fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", zone < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return out;
}

std::string Temporal::time_text() const {
    std::string out;
    append_clock(out, *this);
    return out;
}

std::optional<int> Temporal::compare(const Temporal& a, const Temporal& b) {
    const bool both_timed = time_known(a) && time_known(b);
    if (both_timed && a.has_zone != b.has_zone) {
        // The unknown zone may be anything from -12 to +14 hours.
        const std::int64_t apart = seconds_of(in_utc(a)) - seconds_of(in_utc(b));
        if (apart > 14 * 3600) return 1;
        if (apart < -14 * 3600) return -1;
        return std::nullopt;
    }
    const bool zoned = both_timed && a.has_zone;
    const auto x = parts(zoned ? in_utc(a) : a);
    const auto y = parts(zoned ? in_utc(b) : b);
    const auto known = static_cast<std::size_t>(std::min(a.precision, b.precision));
    for (std::size_t i = 0; i < known; ++i) {
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    }
    if (a.precision != b.precision) return std::nullopt;
    return 0;
}

bool Temporal::equivalent(const Temporal& a, const Temporal& b) {
    return a.precision == b.precision && compare(a, b) == 0;
}

std::optional<Temporal> Temporal::plus(const Decimal& amount, TemporalUnit unit, bool is_time) const {
    if (unit == TemporalUnit::year || unit == TemporalUnit::month) {
        if (is_time) return std::nullopt;
        auto count = whole(amount);
        if (!count || *count > 200'000 || *count < -200'000) return std::nullopt;
        std::int64_t months = unit == TemporalUnit::year ? *count * 12 : *count;
        if (precision == Precision::year) months -= months % 12;
        return plus_months(*this, months);
    }
    const auto length = nanoseconds(amount, unit);
    if (!length) return std::nullopt;
    const auto count = Decimal::quotient(*length, Decimal::of(unit_nanoseconds(precision)));
    const auto steps = count ? count->to_int64() : std::nullopt;
    constexpr std::int64_t kFar = std::int64_t{1} << 62;
    if (!steps || *steps > kFar || *steps < -kFar) return std::nullopt;
    constexpr std::int64_t kUnitsMax = 400'000'000'000;  // hours of the calendar, and much more
    if (precision != Precision::second && (*steps > kUnitsMax || *steps < -kUnitsMax)) return std::nullopt;
    return plus_units(*this, *steps, is_time);
}

int Temporal::precision_digits(bool is_time) const {
    static constexpr std::array<int, 7> kDigits = {0, 4, 6, 8, 10, 12, 14};
    const int digits = kDigits[static_cast<std::size_t>(precision)] + (fraction_digits > 0 ? 3 : 0);
    return is_time ? digits - 8 : digits;
}

std::optional<Temporal> Temporal::boundary(bool high, int digits, bool is_time, bool is_date) const {
    struct Step {
        int digits;
        Precision precision;
        bool fraction;
    };
    static constexpr std::array<Step, 7> kSteps = {{{4, Precision::year, false}, {6, Precision::month, false}, {8, Precision::day, false},
        {10, Precision::hour, false}, {12, Precision::minute, false}, {14, Precision::second, false}, {17, Precision::second, true}}};
    const int wanted = is_time ? digits + 8 : digits;
    const auto* step = std::ranges::find(kSteps, wanted, &Step::digits);
    if (step == kSteps.end() || (is_time && wanted < 10) || (is_date && wanted > 8)) return std::nullopt;
    Temporal out = *this;
    if (!is_time) {
        if (precision < Precision::month) out.month = high ? 12 : 1;
        if (precision < Precision::day) out.day = static_cast<std::uint8_t>(high ? days_in(out.year, out.month) : 1);
    }
    if (precision < Precision::hour) out.hour = high ? 23 : 0;
    if (precision < Precision::minute) out.minute = high ? 59 : 0;
    if (precision < Precision::second) out.second = high ? 59 : 0;
    if (fraction_digits == 0) out.nanosecond = high ? 999'000'000 : 0;
    out.precision = step->precision;
    out.fraction_digits = step->fraction ? std::max<std::uint8_t>(fraction_digits, 3) : 0;
    if (!step->fraction) out.nanosecond = 0;
    if (!is_time && !is_date && out.precision >= Precision::hour && !has_zone) {
        out.has_zone = true;
        out.zone = static_cast<std::int16_t>(high ? -12 * 60 : 14 * 60);
    }
    if (out.precision < Precision::hour) out.has_zone = false;
    return out;
}

std::optional<TemporalUnit> calendar_unit(std::string_view word) {
    static constexpr std::array<std::pair<std::string_view, TemporalUnit>, 8> kWords = {{
        {"year", TemporalUnit::year}, {"month", TemporalUnit::month}, {"week", TemporalUnit::week}, {"day", TemporalUnit::day},
        {"hour", TemporalUnit::hour}, {"minute", TemporalUnit::minute}, {"second", TemporalUnit::second},
        {"millisecond", TemporalUnit::millisecond}}};
    if (word.size() > 3 && word.back() == 's') word.remove_suffix(1);
    for (const auto& [name, unit] : kWords) {
        if (name == word) return unit;
    }
    return std::nullopt;
}

}  // namespace idun::fhirpath
