// How many people some providers hold something of, for the report on primary use (connection_report.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "index/index.h"

namespace idun::exchange {

// Ids, by type of provider; an id comes once.
using ProvidersByType = std::map<std::string, std::vector<std::string>>;

// Distinct persons.
struct PeopleCounted {
    std::uint64_t all = 0;
    std::map<std::string, std::uint64_t> by_category, by_type;  // those with anybody
    friend bool operator==(const PeopleCounted&, const PeopleCounted&) = default;
};

// Those with a pointer from one of these providers. One walk over everybody, however many providers there are. `busy` while the index
// is being read into memory.
Result<PeopleCounted> people_at(const index::Index& index, const ProvidersByType& providers);

}  // namespace idun::exchange
