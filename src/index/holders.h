// Who has pointers now, by a row of index.persons as it lies in the store: for whoever walks through all of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "store/store.h"

namespace idun::index {

// The providers in use, by the numbers in which rows speak of them.
Result<std::map<std::uint32_t, std::string>> provider_numbers(const store::Snapshot& snapshot);

// The number of each that holds something by that row, once; of those that have retired too.
Status each_holder(std::string_view row, FunctionRef<void(std::uint32_t provider)> found);

}  // namespace idun::index
