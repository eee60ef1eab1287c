// When two items are the same: `=` and `~`, and the sets that are built on them.
#pragma once

#include <cstdint>
#include <optional>

#include "fhirpath/item.h"

namespace idun::fhirpath::internal {

// Where comparing puts numbers, and how many values it may still look at. When `left` has come down to 0 the answer
// means nothing.
struct Work {
    Store& store;
    std::uint64_t left;

    bool spend(std::uint64_t steps) {
        left = left > steps ? left - steps : 0;
        return left > 0;
    }
};

// nullopt: undecided (dates of different precision, quantities of units that do not compare).
std::optional<bool> equal(const Item& a, const Item& b, Work& work);
bool equivalent(const Item& a, const Item& b, Work& work);
// A text that equal items share; "" when there is no cheap one. Only strings and codes have it.
std::string_view text_key(const Item& item);

// -1, 0, 1 for values of one ordered kind. `comparable` false: the kinds cannot be ordered, which is an error;
// nullopt with it true: undecided.
struct Order {
    bool comparable = true;
    std::optional<int> order;
};
Order order(const Item& a, const Item& b, Work& work);

}  // namespace idun::fhirpath::internal
