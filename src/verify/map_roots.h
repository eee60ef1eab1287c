// The map roots of a log, as far as they can be checked without keys: each covers no more than there is and no less than
// the one before, and counts every entry about a person that it covers, but for those whose keys were forgotten: as many as the
// entries that say so say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verify/finding.h"
#include "verify/plain_entry.h"

namespace idun::verify {

class MapRoots {
public:
    // Every entry in order.
    Finding take(std::uint64_t index, const PlainEntry& entry);
    // Where they stand, rising.
    const std::vector<std::uint64_t>& places() const { return places_; }
    // How often the log says that keys were forgotten, and how many entries about people its newest map counts no more.
    std::uint64_t statements() const { return statements_; }
    std::uint64_t gone() const { return gone_; }
    // Of these statements, those that do not say how many, and those that no map root covers yet.
    std::uint64_t silent() const { return silent_; }
    std::uint64_t ahead() const { return forgotten_.size(); }

private:
    struct Forgotten {
        std::uint64_t index = 0;
        std::optional<std::uint64_t> uncounted;
    };
    Finding compare(std::uint64_t index, const MapRoot& root);
    // Those that the root covers, and that `gone` entries more are not counted any more.
    Finding compare_statements(const std::string& name, const MapRoot& root, std::uint64_t gone);

    std::vector<std::uint64_t> places_;
    std::uint64_t covered_ = 0;  // by the newest
    std::uint64_t people_ = 0;   // entries about people of these
    std::uint64_t gone_ = 0;     // of which it does not count so many
    std::uint64_t statements_ = 0;
    std::uint64_t silent_ = 0;
    std::vector<bool> about_person_;  // entries from covered_ on
    std::vector<Forgotten> forgotten_;      // entries from covered_ on that say so
};

}  // namespace idun::verify
