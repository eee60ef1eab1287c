// Accesses counted by the category of what was touched and by origin (docs/formats/supervision.md).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "exchange/access_rows.h"

namespace idun::exchange {

// One thread at a time. As large as what was added says of different people and users.
class AccessCounts {
public:
    struct Count {
        std::uint64_t entries = 0;
        std::uint64_t denied = 0;  // of these
        std::set<crypto::Pseudonym> people;
        std::set<std::string> users;
    };
    // By category ("": of entries without records) and origin_of().
    using By = std::pair<std::string, std::string>;

    // Once under each category of its records.
    void add(const LoggedEntry& entry);
    const std::map<By, Count>& counts() const { return counts_; }
    std::uint64_t entries() const { return entries_; }

private:
    std::map<By, Count> counts_;
    std::uint64_t entries_ = 0;
};

}  // namespace idun::exchange
