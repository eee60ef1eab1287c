// UCUM: units of measure as health data write them ("mmol/L", "mm[Hg]", "10*3/uL"), case sensitive.
//
//     TRY_ASSIGN(auto mg, Unit::parse("mg/dL"));
//     TRY_ASSIGN(auto g, Unit::parse("g/L"));
//     TRY_ASSIGN(auto value, convert(*Decimal::parse("90"), mg, g));        // 0.9, exactly
//     TRY_ASSIGN(auto same, canonical(*Decimal::parse("90"), mg));          // {900, "g.m-3"}
//
// Two quantities are the same amount if and only if their canonical forms are equal: that is what a search index stores
// and what FHIRPath compares. Conversions are exact wherever UCUM's definitions are; a quotient that does not end is
// kept to 34 significant digits. Annotations ({RBC}) mean 1. Arbitrary units ([iU]) are commensurable with themselves
// only. Special units (Cel, [pH], dB) go through their functions and stand alone: a prefix or a number may scale them,
// nothing else.
//
// A Unit is a value. Every function may be called from any thread; the definitions are read once, at first use.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/result.h"

namespace idun::units {

struct Atom;  // an entry of UCUM's tables, which live as long as the program

class Unit {
public:
    static constexpr std::size_t kTextMax = 512;
    static constexpr int kDepthMax = 16;      // of parentheses
    static constexpr int kExponentMax = 200;  // of any unit in the result

    Unit() = default;  // the unity, 1

    // Category::invalid, with a sentence that names the part that is wrong. The code is not personal data, but it is
    // input: the message quotes at most a few characters of it.
    static Result<Unit> parse(std::string_view code);

    bool is_special() const { return special_ != nullptr; }
    bool is_dimensionless() const;
    // The unit's base units in alphabetical order: "g.m-3"; "1" without any.
    std::string base() const;

    static Result<Unit> multiply(const Unit& a, const Unit& b);
    static Result<Unit> divide(const Unit& a, const Unit& b);

private:
    friend class UnitParser;
    friend class Table;
    friend bool comparable(const Unit& a, const Unit& b);
    friend Result<Decimal> to_base(const Decimal& value, const Unit& unit);
    friend Result<Decimal> from_base(const Decimal& value, const Unit& unit);

    static Result<Unit> combine(const Unit& a, const Unit& b, int sign);
    Result<Unit> power(int exponent) const;
    Status scale(const Decimal& factor);

    // The unit is numerator / denominator base units, after the function of a special unit.
    Decimal numerator_ = Decimal::of(1);
    Decimal denominator_ = Decimal::of(1);
    std::array<std::int16_t, 7> dimensions_{};                   // exponents of the base units, in UCUM's order
    std::vector<std::pair<const Atom*, std::int16_t>> arbitrary_;  // and of arbitrary units, by code
    const Atom* special_ = nullptr;
    Decimal special_scale_ = Decimal::of(1);  // 0.1 for dB
};

// Whether a value in one can be expressed in the other.
bool comparable(const Unit& a, const Unit& b);

// Category::unsupported when they are not comparable; Category::invalid when the value has no counterpart, as a
// negative amount has no decibels.
Result<Decimal> convert(const Decimal& value, const Unit& from, const Unit& to);

struct Quantity {
    Decimal value;
    std::string unit;  // UCUM
};

// The one normal form: the value in base units, in its shortest form, and those units' text.
Result<Quantity> canonical(const Decimal& value, const Unit& unit);

// The code of the product or quotient of two codes: "cm" and "m2" give "cm.m2", "g" by "m.s" gives "g/(m.s)".
Result<std::string> product_code(std::string_view a, std::string_view b);
Result<std::string> quotient_code(std::string_view a, std::string_view b);

// A unit in words: "(milligram) / (liter)".
Result<std::string> describe(std::string_view code);

// What is compiled in: {"2.2", "2024-06-17"}.
std::pair<std::string, std::string> ucum_version();

// Every atom that is not made of others by grammar, in UCUM's order: code and name.
std::vector<std::pair<std::string_view, std::string_view>> atoms();

}  // namespace idun::units
