#include "search/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace idun::search {
namespace {

// Reads fixed-width pieces of a date from the front.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `digits` digits with a value in [low, high].
    std::optional<int> number(std::size_t digits, int low, int high) {
        if (rest_.size() < digits) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        if (value < low || value > high) return std::nullopt;
        rest_.remove_prefix(digits);
        return value;
    }
    // The digits after a decimal point: milliseconds, and how long the precision lasts.
    std::optional<std::pair<int, int>> fraction() {
        int ms = 0;
        int unit = 1000;
        std::size_t count = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            if (++count > 12) return std::nullopt;
            if (unit > 1) {
                unit /= 10;
                ms += (rest_.front() - '0') * unit;
            }
            rest_.remove_prefix(1);
        }
        if (count == 0) return std::nullopt;
        return std::pair(ms, unit);
    }
    // "Z", "+01:00" or nothing: minutes east of UTC.
    std::optional<int> zone() {
        if (done() || take('Z')) return 0;
        const bool east = take('+');
        if (!east && !take('-')) return std::nullopt;
        const auto hours = number(2, 0, 14);
        if (!hours || !take(':')) return std::nullopt;
        const auto minutes = number(2, 0, 59);
        if (!minutes) return std::nullopt;
        return (*hours * 60 + *minutes) * (east ? 1 : -1);
    }

private:
    std::string_view rest_;
};

constexpr std::int64_t kDay = 86'400'000;

std::int64_t day_ms(int year, int month, int day) {
    using namespace std::chrono;
    return sys_days(std::chrono::year(year) / month / day).time_since_epoch().count() * kDay;
}

std::optional<Interval> time_on_day(Reader& in, std::int64_t midnight) {
    const auto hour = in.number(2, 0, 23);
    if (!hour || !in.take(':')) return std::nullopt;
    const auto minute = in.number(2, 0, 59);
    if (!minute) return std::nullopt;
    std::int64_t from = midnight + (*hour * 60 + *minute) * 60'000LL;
    std::int64_t length = 60'000;
    if (in.take(':')) {
        const auto second = in.number(2, 0, 60);  // 60: a leap second, which counts as the next second
        if (!second) return std::nullopt;
        from += *second * 1000LL;
        length = 1000;
        if (in.take('.')) {
            const auto part = in.fraction();
            if (!part) return std::nullopt;
            from += part->first;
            length = part->second;
        }
    }
    const auto zone = in.zone();
    if (!zone || !in.done()) return std::nullopt;
    from -= *zone * 60'000LL;
    return Interval{from, from + length};
}

// The bound `10 %` of the way from now moves a date by.
std::int64_t tenth(std::int64_t point, Instant now) {
    const std::int64_t distance = point > now.ms ? point - now.ms : now.ms - point;
    return distance / 10;
}

}  // namespace

std::optional<Interval> interval_of(std::string_view text) {
    Reader in(text);
    const auto year = in.number(4, 1, 9999);
    if (!year) return std::nullopt;
    if (in.done()) return Interval{day_ms(*year, 1, 1), day_ms(*year + 1, 1, 1)};
    if (!in.take('-')) return std::nullopt;
    const auto month = in.number(2, 1, 12);
    if (!month) return std::nullopt;
    if (in.done()) {
        const bool december = *month == 12;
        return Interval{day_ms(*year, *month, 1), day_ms(december ? *year + 1 : *year, december ? 1 : *month + 1, 1)};
    }
    if (!in.take('-')) return std::nullopt;
    const auto day = in.number(2, 1, 31);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    const std::int64_t midnight = day_ms(*year, *month, *day);
    if (in.done()) return Interval{midnight, midnight + kDay};
    if (!in.take('T')) return std::nullopt;
    return time_on_day(in, midnight);
}

std::optional<DateCriterion> date_criterion(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, DatePrefix>, 9> kPrefixes = {{
        {"eq", DatePrefix::eq}, {"ne", DatePrefix::ne}, {"gt", DatePrefix::gt},
        {"lt", DatePrefix::lt}, {"ge", DatePrefix::ge}, {"le", DatePrefix::le},
        {"sa", DatePrefix::sa}, {"eb", DatePrefix::eb}, {"ap", DatePrefix::ap},
    }};
    DateCriterion out;
    for (const auto& [word, prefix] : kPrefixes) {
        if (!text.starts_with(word)) continue;
        out.prefix = prefix;
        text.remove_prefix(word.size());
        break;
    }
    const auto value = interval_of(text);
    if (!value) return std::nullopt;
    out.value = *value;
    return out;
}

bool matches(const DateCriterion& criterion, const Interval& value, Instant now) {
    const Interval& wanted = criterion.value;
    const bool inside = wanted.from <= value.from && value.to <= wanted.to;
    switch (criterion.prefix) {
        case DatePrefix::eq: return inside;
        case DatePrefix::ne: return !inside;
        case DatePrefix::gt: return value.to > wanted.to;
        case DatePrefix::lt: return value.from < wanted.from;
        case DatePrefix::ge: return inside || value.to > wanted.to;
        case DatePrefix::le: return inside || value.from < wanted.from;
        case DatePrefix::sa: return value.from >= wanted.to;
        case DatePrefix::eb: return value.to <= wanted.from;
        case DatePrefix::ap: {
            const std::int64_t from = wanted.from - tenth(wanted.from, now);
            const std::int64_t to = wanted.to + tenth(wanted.to, now);
            return value.from < to && from < value.to;
        }
    }
    return false;
}

}  // namespace idun::search
