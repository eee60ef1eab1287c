#include "base/time.h"

#include <fmt/format.h>

namespace idun {
namespace {

class SystemClock final : public Clock {
public:
    Instant now() const override {
        using namespace std::chrono;
        return {duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
    }
};

constexpr std::int64_t kDayMs = 86'400'000;

// Reads exactly `digits` digits at `pos` and moves on; -1 when there are none.
int number(std::string_view text, std::size_t& pos, std::size_t digits) {
    if (pos + digits > text.size()) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char c = text[pos + i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    pos += digits;
    return value;
}

bool skip(std::string_view text, std::size_t& pos, char c) {
    if (pos >= text.size() || text[pos] != c) return false;
    ++pos;
    return true;
}

// Milliseconds of ".123456"; cuts what is finer. -1 when malformed.
int fraction_ms(std::string_view text, std::size_t& pos) {
    if (!skip(text, pos, '.')) return 0;
    int ms = 0;
    std::size_t digits = 0;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, ++digits)
        if (digits < 3) ms = ms * 10 + (text[pos] - '0');
    if (digits == 0 || digits > 9) return -1;
    for (std::size_t i = digits; i < 3; ++i) ms *= 10;
    return ms;
}

// Minutes east of UTC; nullopt when malformed.
std::optional<int> offset_minutes(std::string_view text, std::size_t& pos) {
    if (skip(text, pos, 'Z')) return 0;
    const int sign = skip(text, pos, '-') ? -1 : skip(text, pos, '+') ? 1 : 0;
    if (sign == 0) return std::nullopt;
    const int hours = number(text, pos, 2);
    if (hours < 0 || hours > 14 || !skip(text, pos, ':')) return std::nullopt;
    const int minutes = number(text, pos, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    return sign * (hours * 60 + minutes);
}

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::string to_iso(Instant time) {
    using namespace std::chrono;
    std::int64_t days = time.ms / kDayMs;
    std::int64_t rest = time.ms % kDayMs;
    if (rest < 0) {
        rest += kDayMs;
        --days;
    }
    const year_month_day date{sys_days{std::chrono::days{days}}};
    const int y = static_cast<int>(date.year());
    const auto m = static_cast<unsigned>(date.month());
    const auto d = static_cast<unsigned>(date.day());
    const std::int64_t hour = rest / 3'600'000, minute = rest / 60'000 % 60, second = rest / 1000 % 60,
                       ms = rest % 1000;
    if (y < 0 || y > 9999)
        return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", y, m, d, hour, minute, second, ms);
    // Digit by digit: every body that is read or written passes here.
    std::string out = "0000-00-00T00:00:00.000Z";
    const auto put = [&out](std::size_t last, auto number) {
        for (; number > 0; number /= 10) out[last--] = static_cast<char>('0' + number % 10);
    };
    put(3, y);
    put(6, m);
    put(9, d);
    put(12, hour);
    put(15, minute);
    put(18, second);
    put(22, ms);
    return out;
}

std::optional<Instant> from_iso(std::string_view text) {
    using namespace std::chrono;
    std::size_t pos = 0;
    const int y = number(text, pos, 4);
    if (y < 1 || !skip(text, pos, '-')) return std::nullopt;
    const int m = number(text, pos, 2);
    if (m < 0 || !skip(text, pos, '-')) return std::nullopt;
    const int d = number(text, pos, 2);
    if (d < 0 || !skip(text, pos, 'T')) return std::nullopt;
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok()) return std::nullopt;
    const int hh = number(text, pos, 2);
    if (hh < 0 || hh > 23 || !skip(text, pos, ':')) return std::nullopt;
    const int mm = number(text, pos, 2);
    if (mm < 0 || mm > 59 || !skip(text, pos, ':')) return std::nullopt;
    const int ss = number(text, pos, 2);
    if (ss < 0 || ss > 60) return std::nullopt;
    const int ms = fraction_ms(text, pos);
    if (ms < 0) return std::nullopt;
    const auto offset = offset_minutes(text, pos);
    if (!offset || pos != text.size()) return std::nullopt;
    const std::int64_t days = sys_days{date}.time_since_epoch().count();
    return Instant{days * kDayMs + ((hh * 60 + mm - *offset) * 60 + ss) * 1000LL + ms};
}

}  // namespace idun
