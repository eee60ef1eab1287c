// Quantities compared and computed with, in the units of UCUM and of the calendar.
//
// The calendar's words from weeks to milliseconds are UCUM's wk, d, h, min, s, ms. Years and months are not: a UCUM
// year ("a") is 365.25 days, so "1 year = 1 'a'" is undecided, and only equivalence takes them for the same.
#pragma once

#include <optional>

#include "fhirpath/item.h"

namespace idun::fhirpath::internal {

// -1, 0, 1; nullopt when the units do not compare.
std::optional<int> compare(const Quantity& a, const Quantity& b);
// To the precision of the one that is written less precisely: 4 'g' ~ 4040 'mg'.
bool equivalent(const Quantity& a, const Quantity& b);
bool comparable(const Quantity& a, const Quantity& b);
// nullopt: the units do not fit, or the result is out of range.
std::optional<Quantity> add(const Quantity& a, const Quantity& b);
std::optional<Quantity> subtract(const Quantity& a, const Quantity& b);
std::optional<Quantity> multiply(const Quantity& a, const Quantity& b);
std::optional<Quantity> divide(const Quantity& a, const Quantity& b);
// In another unit; nullopt when it does not convert.
std::optional<Quantity> in_unit(const Quantity& a, std::string_view unit, bool calendar);

// As written with fewer decimals: what `~` asks of decimals.
bool equivalent(const Decimal& a, const Decimal& b);

}  // namespace idun::fhirpath::internal
