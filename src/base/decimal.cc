#include "base/decimal.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/result.h"

namespace idun {

namespace {

constexpr int kSmallDigits = 18;
constexpr int kRangeMax = 99'999;  // exponents of results; beyond it a result is nullopt
constexpr int kIntegerPowerMax = 100'000;  // larger whole exponents go through the logarithm
constexpr int kPlainMax = 40;      // longer texts are written with an exponent

constexpr auto kPowers = [] {
    std::array<std::int64_t, kSmallDigits + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

constexpr std::int64_t kSmallLimit = kPowers[kSmallDigits];
__extension__ using Wide = __int128;
bool is_small(Wide v) { return v < kSmallLimit && v > -kSmallLimit; }

using Integer = boost::multiprecision::cpp_int;
using Float = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<60>, boost::multiprecision::et_off>;

enum class Rounding { down, floor, ceiling, half_up, half_even };

Integer power_of_ten(int n) { return boost::multiprecision::pow(Integer(10), static_cast<unsigned>(n)); }

int digits_of(const Integer& v) {
    auto text = v.str();
    return static_cast<int>(text.size()) - (text[0] == '-' ? 1 : 0);
}

// v / 10^places as an integer. `more` says that v stands for a number a little further from zero than v itself.
Integer drop_digits(const Integer& v, int places, Rounding rounding, bool more = false) {
    Integer quotient, rest;
    auto unit = power_of_ten(places);
    boost::multiprecision::divide_qr(v, unit, quotient, rest);
    bool negative = v < 0;
    if (rest == 0 && !more) return quotient;
    auto twice = Integer(boost::multiprecision::abs(rest)) * 2;
    bool away = false;
    switch (rounding) {
        case Rounding::down: break;
        case Rounding::floor: away = negative; break;
        case Rounding::ceiling: away = !negative; break;
        case Rounding::half_up: away = twice >= unit; break;
        case Rounding::half_even: away = twice > unit || (twice == unit && (more || quotient % 2 != 0)); break;
    }
    if (away) quotient += negative ? -1 : 1;
    return quotient;
}

// a / b where it ends before the value leaves its 18 digits: value × 10^-digits. digits is -1 where it does not.
struct ShortQuotient {
    std::int64_t value = 0;
    int digits = -1;
};
ShortQuotient short_quotient(std::int64_t a, std::int64_t b) {
    auto negative = (a < 0) != (b < 0);
    auto divisor = static_cast<std::uint64_t>(std::abs(b));
    auto rest = static_cast<std::uint64_t>(std::abs(a));
    auto value = rest / divisor;
    rest %= divisor;
    int digits = 0;
    for (; rest != 0; ++digits) {
        if (value >= static_cast<std::uint64_t>(kSmallLimit / 10) || digits > 2 * kSmallDigits) return {};
        rest *= 10;  // below 10^19
        value = value * 10 + rest / divisor;
        rest %= divisor;
    }
    auto signed_value = static_cast<std::int64_t>(value);
    return {negative ? -signed_value : signed_value, digits};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_from(std::string_view text, std::size_t at) {
    auto end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    return end - at;
}

// The digits and exponent of a number as it is written; nullopt if it is none.
struct Written {
    bool negative = false;
    std::string_view whole, fraction;
    int exponent = 0;
};

std::optional<Written> split(std::string_view text) {
    if (text.empty() || text.size() > Decimal::kTextMax) return std::nullopt;
    Written w;
    std::size_t at = 0;
    if (text[0] == '-' || text[0] == '+') {
        w.negative = text[0] == '-';
        at = 1;
    }
    w.whole = text.substr(at, digits_from(text, at));
    if (w.whole.empty()) return std::nullopt;
    at += w.whole.size();
    if (at < text.size() && text[at] == '.') {
        w.fraction = text.substr(at + 1, digits_from(text, at + 1));
        if (w.fraction.empty()) return std::nullopt;
        at += 1 + w.fraction.size();
    }
    if (at == text.size()) return w;
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (at == text.size() || digits_from(text, at) != text.size() - at) return std::nullopt;
    int value = 0;
    for (; at < text.size(); ++at) {
        value = value * 10 + (text[at] - '0');
        if (value > Decimal::kExponentMax) return std::nullopt;
    }
    w.exponent = down ? -value : value;
    return w;
}

// digits × 10^exponent in plain text, or with an exponent where that would be long.
std::string render(bool negative, std::string_view digits, int exponent, bool plain_zeros) {
    std::string out = negative ? "-" : "";
    auto count = static_cast<int>(digits.size());
    if (exponent == 0) return out.append(digits);
    if (exponent > 0 && plain_zeros && count + exponent <= kPlainMax) return out.append(digits).append(exponent, '0');
    if (exponent < 0 && -exponent < count) {
        return out.append(digits.substr(0, count + exponent)).append(1, '.').append(digits.substr(count + exponent));
    }
    if (exponent < 0 && -exponent <= kPlainMax) {
        return out.append("0.").append(-exponent - count, '0').append(digits);
    }
    out += digits[0];
    if (count > 1) out.append(1, '.').append(digits.substr(1));
    return out.append(1, 'e').append(std::to_string(exponent + count - 1));
}

}  // namespace

struct Decimal::Big {
    Integer coefficient;
    int exponent = 0;
};

// Everything that is done with big integers.
struct Decimal::Math {
    static Integer coefficient(const Decimal& d) { return d.big_ ? d.big_->coefficient : Integer(d.coefficient_); }

    // A value of these, rounded to `digits` significant digits; nullopt beyond the range of exponents.
    static std::optional<Decimal> make(Integer coefficient, int exponent, int digits, bool more = false) {
        if (coefficient == 0) return Decimal(0, std::clamp(exponent, -kExponentMax, 0));
        if (auto extra = digits_of(coefficient) - digits; extra > 0) {
            coefficient = drop_digits(coefficient, extra, Rounding::half_even, more);
            exponent += extra;
        }
        if (std::abs(exponent) > kRangeMax) return std::nullopt;
        if (coefficient < kSmallLimit && coefficient > -kSmallLimit) {
            return Decimal(static_cast<std::int64_t>(coefficient), exponent);
        }
        Decimal out;
        out.big_ = std::make_shared<const Big>(Big{std::move(coefficient), exponent});
        return out;
    }

    // Without trailing zeros, but not above this exponent.
    static std::pair<Integer, int> reduce(Integer coefficient, int exponent, int exponent_max) {
        Integer quotient, rest;
        while (exponent < exponent_max && coefficient != 0) {
            boost::multiprecision::divide_qr(coefficient, Integer(10), quotient, rest);
            if (rest != 0) break;
            coefficient = quotient;
            ++exponent;
        }
        return {std::move(coefficient), exponent};
    }

    static std::string digits_text(const Decimal& d) {
        if (!d.big_) return std::to_string(std::abs(d.coefficient_));
        return Integer(boost::multiprecision::abs(d.big_->coefficient)).str();
    }

    // Both coefficients at the smaller exponent, which is returned.
    static int align(const Decimal& a, const Decimal& b, Integer& left, Integer& right) {
        left = coefficient(a);
        right = coefficient(b);
        auto gap = a.exponent() - b.exponent();
        if (gap > 0) left *= power_of_ten(gap);
        if (gap < 0) right *= power_of_ten(-gap);
        return std::min(a.exponent(), b.exponent());
    }

    static Decimal to_decimals(const Decimal& a, int decimals, Rounding rounding) {
        auto places = -decimals - a.exponent();
        if (places <= 0) return a;
        // All digits go: what remains is 0 or 1 at the new place, which a dropped 1 of the same sign decides as well.
        auto digits = coefficient(a);
        if (places > a.digits() + 1) {
            digits = a.sign();
            places = 2;
        }
        return make(drop_digits(digits, places, rounding), -decimals, kExactDigits).value_or(a);
    }

    static Float to_float(const Decimal& d) { return Float(digits_text(d) + "e" + std::to_string(d.exponent())) * d.sign(); }

    static std::optional<Decimal> from_float(const Float& value) {
        if (!boost::multiprecision::isfinite(value)) return std::nullopt;
        auto exact = parse(value.str(kQuotientDigits + 16, std::ios_base::scientific));
        if (!exact) return std::nullopt;
        auto kept = make(coefficient(*exact), exact->exponent(), kQuotientDigits);
        if (!kept) return std::nullopt;
        return kept->is_integer() && kept->decimals() > 0 ? kept->truncated() : kept->trimmed();
    }

    static std::optional<Decimal> integer_power(Decimal base, std::int64_t exponent, int digits) {
        auto result = Decimal::of(1);
        for (; exponent > 0; exponent /= 2) {
            if (exponent % 2 == 1) {
                auto product = make(coefficient(result) * coefficient(base), result.exponent() + base.exponent(), digits);
                if (!product) return std::nullopt;
                result = *std::move(product);
            }
            if (exponent == 1) break;
            auto square = make(coefficient(base) * coefficient(base), 2 * base.exponent(), digits);
            if (!square) return std::nullopt;
            base = *std::move(square);
        }
        return result;
    }
};

Decimal Decimal::of(std::int64_t value) { return scaled(value, 0); }

Decimal Decimal::scaled(std::int64_t coefficient, int exponent) {
    if (is_small(coefficient)) return Decimal(coefficient, exponent);
    return Math::make(Integer(coefficient), exponent, kExactDigits).value_or(Decimal());
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
    auto w = split(text);
    if (!w) return std::nullopt;
    auto exponent = w->exponent - static_cast<int>(w->fraction.size());
    if (exponent < -kExponentMax) return std::nullopt;
    auto whole = w->whole;
    while (whole.size() > 1 && whole[0] == '0') whole.remove_prefix(1);
    if (whole.size() + w->fraction.size() <= kSmallDigits) {
        std::int64_t value = 0;
        for (char c : whole) value = value * 10 + (c - '0');
        for (char c : w->fraction) value = value * 10 + (c - '0');
        return Decimal(w->negative ? -value : value, exponent);
    }
    std::string digits(whole);
    digits.append(w->fraction);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));  // or it would be read as octal
    Integer value(digits);
    return Math::make(w->negative ? Integer(-value) : value, exponent, kTextMax);
}

std::optional<Decimal> Decimal::from_double(double value) {
    if (!std::isfinite(value)) return std::nullopt;
    std::array<char, 64> buffer{};
    auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return parse({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

int Decimal::exponent() const { return big_ ? big_->exponent : exponent_; }

int Decimal::digits() const {
    if (big_) return digits_of(big_->coefficient);
    int count = 1;
    auto v = std::abs(coefficient_);
    while (count < kSmallDigits && v >= kPowers[static_cast<std::size_t>(count)]) ++count;
    return count;
}

int Decimal::sign() const {
    if (big_) return big_->coefficient.sign();
    return coefficient_ < 0 ? -1 : coefficient_ > 0 ? 1 : 0;
}

std::string Decimal::text() const { return render(sign() < 0, Math::digits_text(*this), exponent(), false); }

std::string Decimal::canonical() const {
    if (is_zero()) return "0";
    auto r = reduced();
    return render(sign() < 0, Math::digits_text(r), r.exponent(), true);
}

Decimal Decimal::reduced() const {
    if (is_zero()) return {};
    if (big_) {
        auto [coefficient, exponent] = Math::reduce(big_->coefficient, big_->exponent, kRangeMax);
        return Math::make(std::move(coefficient), exponent, kExactDigits).value_or(*this);
    }
    auto out = *this;
    while (out.coefficient_ % 10 == 0) {
        out.coefficient_ /= 10;
        ++out.exponent_;
    }
    return out;
}

Decimal Decimal::trimmed() const {
    if (exponent() >= 0) return *this;
    auto [coefficient, exponent] = Math::reduce(Math::coefficient(*this), this->exponent(), 0);
    return Math::make(std::move(coefficient), is_zero() ? 0 : exponent, kExactDigits).value_or(*this);
}

bool Decimal::is_integer() const {
    if (exponent() >= 0 || is_zero()) return true;
    if (-exponent() > digits()) return false;
    if (big_) return big_->coefficient % power_of_ten(-big_->exponent) == 0;
    return coefficient_ % kPowers[static_cast<std::size_t>(-exponent_)] == 0;
}

std::optional<std::int64_t> Decimal::to_int64() const {
    if (is_zero()) return 0;
    if (!is_integer() || digits() + exponent() > 19) return std::nullopt;
    auto value = Math::coefficient(*this);
    if (exponent() > 0) value *= power_of_ten(exponent());
    if (exponent() < 0) value /= power_of_ten(-exponent());
    if (value > std::numeric_limits<std::int64_t>::max() || value < std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

double Decimal::to_double() const {
    auto text = Math::digits_text(*this) + "e" + std::to_string(exponent());
    double value = 0;
    auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (error == std::errc::result_out_of_range) value = exponent() > 0 ? HUGE_VAL : 0.0;
    return sign() < 0 ? -value : value;
}

int Decimal::compare(const Decimal& a, const Decimal& b) {
    auto order = [](const auto& x, const auto& y) { return x < y ? -1 : x > y ? 1 : 0; };
    auto gap = a.exponent() - b.exponent();
    if (a.big_ || b.big_) {
        if (a.sign() != b.sign()) return order(a.sign(), b.sign());
        // Where the leading digits stand decides most; only then are the digits brought side by side.
        auto left_top = a.digits() + a.exponent();
        auto right_top = b.digits() + b.exponent();
        if (left_top != right_top) return left_top < right_top ? -a.sign() : a.sign();
        Integer left, right;
        Math::align(a, b, left, right);
        return order(left, right);
    }
    if (gap == 0 || a.coefficient_ == 0 || b.coefficient_ == 0) return order(a.coefficient_, b.coefficient_);
    // More than 18 places apart, the one with the larger exponent is larger whatever its digits.
    if (gap > kSmallDigits) return a.sign();
    if (gap < -kSmallDigits) return -b.sign();
    auto scaled = [](std::int64_t v, int by) { return static_cast<Wide>(v) * kPowers[static_cast<std::size_t>(by)]; };
    if (gap > 0) return order(scaled(a.coefficient_, gap), static_cast<Wide>(b.coefficient_));
    return order(static_cast<Wide>(a.coefficient_), scaled(b.coefficient_, -gap));
}

std::optional<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
    const auto& low = a.exponent() <= b.exponent() ? a : b;
    const auto& high = a.exponent() <= b.exponent() ? b : a;
    auto gap = high.exponent() - low.exponent();
    if (!a.big_ && !b.big_ && gap <= kSmallDigits) {
        auto sum = static_cast<Wide>(high.coefficient_) * kPowers[static_cast<std::size_t>(gap)] + low.coefficient_;
        if (is_small(sum)) return Decimal(static_cast<std::int64_t>(sum), low.exponent_);
    }
    if (gap > 2 * kExactDigits + 2) {  // the lower one is below every digit that is kept
        if (!high.is_zero()) return high;
        return low;
    }
    Integer left, right;
    auto exponent = Math::align(a, b, left, right);
    return Math::make(left + right, exponent, kExactDigits);
}

std::optional<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) { return add(a, b.negated()); }

std::optional<Decimal> Decimal::multiply(const Decimal& a, const Decimal& b) {
    auto exponent = a.exponent() + b.exponent();
    if (!a.big_ && !b.big_) {
        auto product = static_cast<Wide>(a.coefficient_) * b.coefficient_;
        if (is_small(product) && std::abs(exponent) <= kExponentMax) return Decimal(static_cast<std::int64_t>(product), exponent);
    }
    return Math::make(Math::coefficient(a) * Math::coefficient(b), exponent, kExactDigits);
}

std::optional<Decimal> Decimal::divide(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    if (a.is_zero()) return Decimal();
    auto ideal = a.exponent() - b.exponent();
    if (!a.big_ && !b.big_) {
        if (auto exact = short_quotient(a.coefficient_, b.coefficient_); exact.digits >= 0 && std::abs(ideal) < kExponentMax) {
            return Decimal(exact.value, ideal - exact.digits);
        }
    }
    auto left = Math::coefficient(a);
    // Enough zeros behind the dividend for every digit that is kept and some that decide the rounding.
    auto zeros = std::max(0, kQuotientDigits + 3 + b.digits() - a.digits());
    if (zeros > 0) left *= power_of_ten(zeros);
    Integer quotient, rest;
    boost::multiprecision::divide_qr(left, Math::coefficient(b), quotient, rest);
    if (rest != 0) return Math::make(std::move(quotient), ideal - zeros, kQuotientDigits, true);
    auto [coefficient, exponent] = Math::reduce(std::move(quotient), ideal - zeros, ideal);
    return Math::make(std::move(coefficient), exponent, kExactDigits);
}

std::optional<Decimal> Decimal::quotient(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    auto top = a.digits() + a.exponent() - b.digits() - b.exponent();
    if (top < -1) return Decimal();
    if (top > kExactDigits) return std::nullopt;
    Integer left, right;
    Math::align(a, b, left, right);
    return Math::make(left / right, 0, kExactDigits + 2);
}

std::optional<Decimal> Decimal::remainder(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    if (!a.big_ && !b.big_ && a.exponent_ == b.exponent_) return Decimal(a.coefficient_ % b.coefficient_, a.exponent_);
    auto top = a.digits() + a.exponent() - b.digits() - b.exponent();
    if (top < -1) return a;
    if (top > kExactDigits) return std::nullopt;
    Integer left, right;
    auto exponent = Math::align(a, b, left, right);
    return Math::make(left % right, exponent, kExactDigits);
}

Decimal Decimal::negated() const {
    if (!big_) return Decimal(-coefficient_, exponent_);
    return Math::make(-big_->coefficient, big_->exponent, kExactDigits).value_or(*this);
}

Decimal Decimal::abs() const { return sign() < 0 ? negated() : *this; }
Decimal Decimal::truncated() const { return Math::to_decimals(*this, 0, Rounding::down); }
Decimal Decimal::floor() const { return Math::to_decimals(*this, 0, Rounding::floor); }
Decimal Decimal::ceiling() const { return Math::to_decimals(*this, 0, Rounding::ceiling); }
Decimal Decimal::rounded(int decimals) const { return Math::to_decimals(*this, decimals, Rounding::half_up); }

std::optional<Decimal> Decimal::sqrt() const {
    if (sign() < 0) return std::nullopt;
    if (is_zero()) return Decimal();
    auto zeros = std::max(0, 2 * kQuotientDigits + 4 - digits());
    if ((exponent() - zeros) % 2 != 0) ++zeros;
    Integer rest;
    Integer root = boost::multiprecision::sqrt(Integer(Math::coefficient(*this) * power_of_ten(zeros)), rest);
    auto half = (exponent() - zeros) / 2;
    if (rest != 0) return Math::make(std::move(root), half, kQuotientDigits, true);
    auto [coefficient, reduced_exponent] = Math::reduce(std::move(root), half, std::max(half, 0));
    return Math::make(std::move(coefficient), reduced_exponent, kExactDigits);
}

std::optional<Decimal> Decimal::exp() const {
    if (digits() + exponent() > 6) {  // beyond e^±999999 there is nothing that is kept
        if (sign() < 0) return Decimal();
        return std::nullopt;
    }
    return Math::from_float(boost::multiprecision::exp(Math::to_float(*this)));
}

std::optional<Decimal> Decimal::ln() const {
    if (sign() <= 0) return std::nullopt;
    return Math::from_float(boost::multiprecision::log(Math::to_float(*this)));
}

std::optional<Decimal> Decimal::log(const Decimal& base) const {
    if (sign() <= 0 || base.sign() <= 0 || base == Decimal::of(1)) return std::nullopt;
    return Math::from_float(boost::multiprecision::log(Math::to_float(*this)) / boost::multiprecision::log(Math::to_float(base)));
}

std::optional<Decimal> Decimal::power(const Decimal& exponent) const {
    if (exponent.is_zero()) return Decimal::of(1);
    if (is_zero()) {
        if (exponent.sign() < 0) return std::nullopt;
        return Decimal();
    }
    if (auto whole = exponent.to_int64(); whole && std::abs(*whole) <= kIntegerPowerMax) {
        auto positive = Math::integer_power(*this, std::abs(*whole), kExactDigits);
        if (!positive || *whole > 0) return positive;
        return divide(Decimal::of(1), *positive);
    }
    if (sign() < 0) return std::nullopt;
    auto scaled = Math::to_float(exponent) * boost::multiprecision::log(Math::to_float(*this));
    if (!boost::multiprecision::isfinite(scaled) || boost::multiprecision::abs(scaled) > 1'000'000) return std::nullopt;
    return Math::from_float(boost::multiprecision::exp(scaled));
}

}  // namespace idun
