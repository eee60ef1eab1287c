// Accesses counted by the category of what was touched and by origin (docs/formats/supervision.md).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "crypto/hash.h"
#include "exchange/access_rows.h"

namespace idun::exchange {

// One thread at a time. Bounded, whatever the entries of others say.
class AccessCounts {
public:
    // Of different people and users, under all counts together: about 100 bytes each.
    static constexpr std::size_t kHeldMax = 2'000'000;
    explicit AccessCounts(std::size_t held_max = kHeldMax) : held_max_(held_max) {}

    struct Count {
        std::uint64_t entries = 0;
        std::uint64_t denied = 0;  // of these
        std::set<crypto::Pseudonym> people;
        std::set<crypto::Hash> users;  // of their ids, which have any length
    };
    // By category ("": of entries without records) and origin_of(). A category that we do not know counts as "other": it is a word that
    // somebody's system has written.
    using By = std::pair<std::string_view, std::string_view>;

    // Once under each category of its records.
    void add(const LoggedEntry& entry);
    const std::map<By, Count>& counts() const { return counts_; }
    std::uint64_t entries() const { return entries_; }
    // False when more people and users were met than are held: then there are more of them than is said. Entries are all counted.
    bool complete() const { return complete_; }

private:
    template <typename Id>
    void hold(std::set<Id>& ids, const Id& id);

    const std::size_t held_max_;
    std::map<By, Count> counts_;
    std::uint64_t entries_ = 0;
    std::size_t held_ = 0;
    bool complete_ = true;
};

}  // namespace idun::exchange
