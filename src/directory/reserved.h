// Ids and addresses that name no care provider: the hub's own, other hubs', national ones of platforms. A pointer or an endpoint of
// such a one would make the asker ask itself.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::directory {

class Reserved {
public:
    // An id, or an address with "://": then every address on that host and port. `invalid` when it is neither.
    Status add(std::string_view word);

    bool id(std::string_view id) const { return ids_.contains(id); }
    bool address(std::string_view url) const;

private:
    std::set<std::string, std::less<>> ids_;
    std::set<std::string, std::less<>> origins_;
};

}  // namespace idun::directory
