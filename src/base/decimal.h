// Decimal: an exact decimal number that remembers how it was written. "1.10" prints "1.10" and equals 1.1.
//
//     auto a = Decimal::parse("1.10");               // nullopt for anything that is not a number
//     auto sum = Decimal::add(*a, Decimal::of(2));   // 3.10
//     auto third = Decimal::divide(Decimal::of(1), Decimal::of(3));   // 34 significant digits
//
// A value is coefficient × 10^exponent. Up to 18 digits are held in place and cost no allocation; larger coefficients
// are shared, immutable big integers. Values may be copied and read from any thread.
//
// Sums, differences and products are exact up to kExactDigits significant digits and rounded half to even beyond;
// division and the transcendental functions give kQuotientDigits. What leaves the range of exponents, or has no
// value (1/0, the root of -1), is nullopt: FHIRPath calls that empty. There is no infinity, no NaN and no negative zero.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace idun {

class Decimal {
public:
    static constexpr int kTextMax = 1024;       // characters that parse() takes
    static constexpr int kExactDigits = 1024;   // of sums and products
    static constexpr int kQuotientDigits = 34;  // of quotients, roots, logarithms
    static constexpr int kExponentMax = 9999;   // of 10, either way, in numbers as they are written

    Decimal() = default;  // 0
    static Decimal of(std::int64_t value);
    // coefficient × 10^exponent; the exponent lies within ±kExponentMax.
    static Decimal scaled(std::int64_t coefficient, int exponent);
    // [+-] digits [. digits] [e [+-] digits]: what FHIR, JSON, FHIRPath and UCUM write, and nothing else. Callers that
    // have a narrower grammar (JSON allows no plus sign and no leading zeros) check it themselves.
    static std::optional<Decimal> parse(std::string_view text);
    // The shortest decimal that reads back as this double; nullopt for NaN and infinities.
    static std::optional<Decimal> from_double(double value);

    // As it was written or computed: trailing zeros are kept. "12.50", "-3", "1.5e30"
    std::string text() const;
    // One text for equal numbers: no trailing zeros, no plus, plain unless that would be very long.
    std::string canonical() const;

    int decimals() const { return exponent() < 0 ? -exponent() : 0; }  // digits written after the point
    int digits() const;                                                // significant digits written; 0 has one
    int exponent() const;
    int sign() const;  // -1, 0, 1
    bool is_zero() const { return sign() == 0; }
    bool is_integer() const;  // in value: 3.00 is

    std::optional<std::int64_t> to_int64() const;  // of integers that fit
    double to_double() const;                      // the nearest

    // By value: 1.10 == 1.1.
    friend bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) { return compare(a, b) <=> 0; }
    static int compare(const Decimal& a, const Decimal& b);

    static std::optional<Decimal> add(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> divide(const Decimal& a, const Decimal& b);
    // FHIRPath's div and mod: the quotient truncated towards zero, and what is left, with the sign of a.
    static std::optional<Decimal> quotient(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> remainder(const Decimal& a, const Decimal& b);

    Decimal negated() const;
    Decimal abs() const;
    Decimal truncated() const;
    Decimal floor() const;
    Decimal ceiling() const;
    // To this many decimals, halves away from zero. A value with fewer decimals stays as it is.
    Decimal rounded(int decimals) const;
    // The same value with the fewest digits: 1.10 is 1.1, 100 is 1e2.
    Decimal reduced() const;
    // Without zeros at the end of the decimals: 1.10 is 1.1, 100 stays 100.
    Decimal trimmed() const;

    std::optional<Decimal> sqrt() const;
    std::optional<Decimal> exp() const;
    std::optional<Decimal> ln() const;
    std::optional<Decimal> log(const Decimal& base) const;
    std::optional<Decimal> power(const Decimal& exponent) const;

private:
    struct Big;  // for coefficients of more than 18 digits
    struct Math;
    Decimal(std::int64_t coefficient, int exponent) : coefficient_(coefficient), exponent_(exponent) {}

    std::shared_ptr<const Big> big_;  // null: the value is in the two below
    std::int64_t coefficient_ = 0;    // fewer than 19 digits
    std::int32_t exponent_ = 0;
};

}  // namespace idun
