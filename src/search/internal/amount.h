// Numbers and quantities compared: by precision, and by their normal form in UCUM.
#pragma once

#include "search/query.h"
#include "search/values.h"

namespace idun::search {

bool amount_fits(const Criterion& criterion, const QuantityValue& value);
// A number that orders quantities: of the normal form where there is one.
double amount_for_order(const QuantityValue& value);

}  // namespace idun::search
