#include "fhir/internal/primitive.h"

#include <cstddef>

#include <array>

namespace idun::fhir {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

int two(const char* at) {
    return digit(at[0]) && digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

int days_in(int year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[month - 1];
}

// How many characters of a date stand at the start: 4, 7, 10, or 0 when there is none.
std::size_t date_length(std::string_view t) {
    if (t.size() < 4) return 0;
    const int high = two(t.data());
    const int low = two(t.data() + 2);
    if (high < 0 || low < 0 || high + low == 0) return 0;
    if (t.size() < 5 || t[4] != '-') return 4;
    const int month = t.size() < 7 ? -1 : two(t.data() + 5);
    if (month < 1 || month > 12) return 0;
    if (t.size() < 8 || t[7] != '-') return 7;
    const int day = t.size() < 10 ? -1 : two(t.data() + 8);
    return day < 1 || day > days_in(high * 100 + low, month) ? 0 : 10;
}

// Length of hh:mm:ss with any fraction at the start; 0 when there is none. Second 60 is a leap second.
std::size_t time_length(std::string_view t) {
    if (t.size() < 8 || t[2] != ':' || t[5] != ':') return 0;
    const int hour = two(t.data());
    const int minute = two(t.data() + 3);
    const int second = two(t.data() + 6);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return 0;
    if (t.size() == 8 || t[8] != '.') return 8;
    std::size_t i = 9;
    while (i < t.size() && digit(t[i])) ++i;
    return i == 9 ? 0 : i;
}

// Z, or an offset of at most 14 hours.
bool is_zone(std::string_view t) {
    if (t == "Z") return true;
    if (t.size() != 6 || (t[0] != '+' && t[0] != '-') || t[3] != ':') return false;
    const int hour = two(t.data() + 1);
    const int minute = two(t.data() + 4);
    return hour >= 0 && minute >= 0 && minute <= 59 && (hour < 14 || (hour == 14 && minute == 0));
}

bool is_date_with_time(std::string_view t) {
    if (t.size() < 20 || t[10] != 'T' || date_length(t) != 10) return false;
    const std::size_t time = time_length(t.substr(11));
    return time != 0 && is_zone(t.substr(11 + time));
}

bool lower_hex(char c) { return digit(c) || (c >= 'a' && c <= 'f'); }

enum : unsigned char { kUri = 1, kBase64 = 2, kText = 4, kVisible = 8 };

constexpr std::array<unsigned char, 256> byte_classes() {
    std::array<unsigned char, 256> table{};
    for (std::size_t c = 0; c < 256; ++c) {
        const bool control = c < 0x20 || c == 0x7F;
        unsigned char classes = 0;
        if (!control && c != ' ') classes |= kUri | kVisible;
        if (!control || c == '\t' || c == '\n' || c == '\r') classes |= kText;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/') classes |= kBase64;
        table[c] = classes;
    }
    return table;
}
constexpr auto kClasses = byte_classes();
unsigned char classes(char c) { return kClasses[static_cast<unsigned char>(c)]; }

// The value of up to ten digits; -1 when it is anything else or has a leading zero.
std::int64_t natural(std::string_view digits) {
    if (digits.empty() || digits.size() > 10 || (digits[0] == '0' && digits.size() > 1)) return -1;
    std::int64_t value = 0;
    for (const char c : digits) {
        if (!digit(c)) return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

constexpr std::int64_t kIntegerMax = 2'147'483'647;

}  // namespace

bool is_date(std::string_view text) {
    const std::size_t length = date_length(text);
    return length != 0 && length == text.size();
}

bool is_date_time(std::string_view text) { return text.size() > 10 ? is_date_with_time(text) : is_date(text); }
bool is_instant(std::string_view text) { return is_date_with_time(text); }

bool is_time(std::string_view text) {
    const std::size_t length = time_length(text);
    return length != 0 && length == text.size();
}

bool is_uri(std::string_view text) {
    for (const char c : text) {
        if ((classes(c) & kUri) == 0) return false;
    }
    return !text.empty();
}

bool is_oid_urn(std::string_view text) {
    if (!text.starts_with("urn:oid:")) return false;
    text.remove_prefix(8);
    if (text.empty() || text[0] < '0' || text[0] > '2') return false;
    // Arcs: digits without a leading zero, at least two of them.
    std::size_t arcs = 0;
    std::size_t i = 0;
    while (true) {
        const std::size_t start = i;
        while (i < text.size() && digit(text[i])) ++i;
        if (i == start || (text[start] == '0' && i - start > 1) || (start == 0 && i > 1)) return false;
        ++arcs;
        if (i == text.size()) return arcs >= 2;
        if (text[i++] != '.') return false;
    }
}

bool is_uuid_urn(std::string_view text) {
    if (text.size() != 45 || !text.starts_with("urn:uuid:")) return false;
    text.remove_prefix(9);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        // R4's expression has lower case; RFC 4122 says to accept both on input.
        if (hyphen ? text[i] != '-' : !lower_hex(static_cast<char>(text[i] | 0x20))) return false;
    }
    return true;
}

bool is_code(std::string_view text) {
    bool after_space = true;
    for (const char c : text) {
        if (c == ' ') {
            if (after_space) return false;
            after_space = true;
        } else {
            if ((classes(c) & kVisible) == 0) return false;
            after_space = false;
        }
    }
    return !after_space;
}

bool is_base64(std::string_view text) {
    std::size_t count = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if ((classes(c) & kBase64) != 0) {
            if (padding != 0) return false;
            ++count;
        } else if (c == '=') {
            ++padding;
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return count > 0 && padding <= 2 && (count + padding) % 4 == 0;
}

bool is_string(std::string_view text) {
    unsigned char seen = 0;
    for (const char c : text) {
        const unsigned char k = classes(c);
        if ((k & kText) == 0) return false;
        seen |= k;
    }
    return (seen & kVisible) != 0;
}

bool is_decimal(std::string_view digits) {
    const std::size_t e = digits.find_first_of("eE");
    const std::string_view mantissa = digits.substr(0, e);
    std::size_t significant = 0;
    for (const char c : mantissa) significant += digit(c) && (significant > 0 || c != '0') ? 1 : 0;
    return significant <= 40 && (e == digits.npos || digits.size() - e <= 5);
}

bool is_integer(std::string_view digits) {
    if (digits.starts_with('-')) {
        const std::int64_t value = natural(digits.substr(1));
        return value >= 1 && value <= kIntegerMax + 1;
    }
    return is_unsigned_int(digits);
}

bool is_unsigned_int(std::string_view digits) {
    const std::int64_t value = natural(digits);
    return value >= 0 && value <= kIntegerMax;
}

bool is_positive_int(std::string_view digits) { return is_unsigned_int(digits) && digits != "0"; }

}  // namespace idun::fhir
