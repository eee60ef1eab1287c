#include "verify/map_roots.h"

#include <algorithm>

namespace idun::verify {

Finding MapRoots::take(std::uint64_t index, const PlainEntry& entry) {
    Finding wrong;
    if (entry.kind == kMapRoot) {
        const auto root = map_root(entry);
        if (!root) return Wrong{"entry " + std::to_string(index) + " is not as long as a map root is"};
        wrong = compare(index, *root);
        places_.push_back(index);
    }
    about_person_.push_back(entry.kind == kAboutPerson);
    if (entry.kind == kForgotten) {
        forgotten_.push_back(index);
        ++statements_;
    }
    return wrong;
}

Finding MapRoots::compare(std::uint64_t index, const MapRoot& root) {
    const std::string name = "entry " + std::to_string(index) + ", a map root,";
    if (root.covered > index)
        return Wrong{name + " covers " + std::to_string(root.covered) + " entries, more than stand before it"};
    if (root.covered < covered_)
        return Wrong{name + " covers " + std::to_string(root.covered) + " entries, fewer than the one before it"};
    const auto news = about_person_.begin() + static_cast<std::ptrdiff_t>(root.covered - covered_);
    people_ += static_cast<std::uint64_t>(std::count(about_person_.begin(), news, true));
    about_person_.erase(about_person_.begin(), news);
    const auto later = std::lower_bound(forgotten_.begin(), forgotten_.end(), root.covered);
    const bool forgets = later != forgotten_.begin();
    forgotten_.erase(forgotten_.begin(), later);
    covered_ = root.covered;
    const std::string counts = " counts " + std::to_string(root.counted) + " entries about people where there are " +
                               std::to_string(people_ - std::min(people_, gone_));
    if (root.counted > people_ - gone_) return Wrong{name + counts};
    const std::uint64_t gone = people_ - root.counted;
    if (gone != gone_ && !forgets) return Wrong{name + counts + ": the map leaves some out"};
    gone_ = gone;
    if (root.keys > root.counted || (root.keys == 0 && root.counted > 0))
        return Wrong{name + " has " + std::to_string(root.keys) + " people for " + std::to_string(root.counted) + " entries"};
    return {};
}

}  // namespace idun::verify
