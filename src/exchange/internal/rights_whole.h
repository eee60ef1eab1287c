// A person under all her numbers, as the rights register holds her.
#pragma once

#include <algorithm>

#include "exchange/rights_register.h"
#include "rights/united.h"

namespace idun::exchange {

struct RightsRegister::Whole {
    people::Numbers numbers;
    std::vector<rights::PersonFacts> own;  // of each number, in their order
    rights::PersonFacts united;

    std::size_t place_of(const crypto::Pseudonym& number) const {
        return static_cast<std::size_t>(std::ranges::find(numbers.all(), number) - numbers.all().begin());
    }
    rights::PersonFacts& of(const crypto::Pseudonym& number) { return own.at(place_of(number)); }
    const rights::PersonFacts& of(const crypto::Pseudonym& number) const { return own.at(place_of(number)); }
};

}  // namespace idun::exchange
