#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/iso.h"
#include "base/result.h"

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

namespace {

struct Split {
    std::chrono::year_month_day date;
    std::int64_t rest;  // milliseconds of the day
};

Split split(Instant time) {
    std::int64_t days = time.ms / kDayMs;
    std::int64_t rest = time.ms % kDayMs;
    if (rest < 0) {
        rest += kDayMs;
        --days;
    }
    return {std::chrono::sys_days{std::chrono::days{days}}, rest};
}

bool has_four_digits(const Split& time) { return time.date.year() >= std::chrono::year(0) && time.date.year() <= std::chrono::year(9999); }

// Two digits each.
constexpr auto kPairs = [] {
    std::array<char, 200> out{};
    for (std::size_t number = 0; number < 100; ++number) {
        out[2 * number] = static_cast<char>('0' + number / 10);
        out[2 * number + 1] = static_cast<char>('0' + number % 10);
    }
    return out;
}();

// Two digits at a time and without a branch: every body that is read or written passes here, and an answer of the index shows four instants a pointer.
void write(char* out, const Split& time) {
    std::memcpy(out, "0000-00-00T00:00:00.000Z", kInstantTextBytes);
    const auto put = [out](std::size_t first, std::uint32_t number) { std::memcpy(out + first, kPairs.data() + 2 * std::size_t{number}, 2); };
    const auto year = static_cast<std::uint32_t>(static_cast<int>(time.date.year()));
    const auto rest = static_cast<std::uint32_t>(time.rest);
    put(0, year / 100);
    put(2, year % 100);
    put(5, static_cast<unsigned>(time.date.month()));
    put(8, static_cast<unsigned>(time.date.day()));
    put(11, rest / 3'600'000);
    put(14, rest / 60'000 % 60);
    put(17, rest / 1000 % 60);
    put(20, rest % 1000 / 10);
    out[22] = static_cast<char>('0' + rest % 10);
}

}  // namespace

void write_iso(char* out, Instant time) {
    const Split parts = split(time);
    IDUN_CHECK(has_four_digits(parts));
    write(out, parts);
}

std::string to_iso(Instant time) {
    const Split parts = split(time);
    std::string out(kInstantTextBytes, '0');
    if (has_four_digits(parts)) {
        write(out.data(), parts);
        return out;
    }
    const std::int64_t rest = parts.rest;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(parts.date.year()), static_cast<unsigned>(parts.date.month()),
                       static_cast<unsigned>(parts.date.day()), rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
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
