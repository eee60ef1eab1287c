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
        const auto statement = forgotten_statement(entry);
        if (!statement) return Wrong{"entry " + std::to_string(index) + " says that keys were forgotten, in a form that nobody reads"};
        forgotten_.push_back({index, statement->uncounted});
        ++statements_;
        if (!statement->uncounted) ++silent_;
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
    covered_ = root.covered;
    const std::string counts = " counts " + std::to_string(root.counted) + " entries about people where there are " +
                               std::to_string(people_ - std::min(people_, gone_));
    if (root.counted > people_ - gone_) return Wrong{name + counts};
    const std::uint64_t gone = people_ - root.counted;
    const bool forgets = !forgotten_.empty() && forgotten_.front().index < root.covered;
    if (gone != gone_ && !forgets) return Wrong{name + counts + ": the map leaves some out"};
    if (auto wrong = compare_statements(name, root, gone - gone_)) return wrong;
    gone_ = gone;
    if (root.keys > root.counted || (root.keys == 0 && root.counted > 0))
        return Wrong{name + " has " + std::to_string(root.keys) + " people for " + std::to_string(root.counted) + " entries"};
    return {};
}

Finding MapRoots::compare_statements(const std::string& name, const MapRoot& root, std::uint64_t gone) {
    const auto later = std::find_if(forgotten_.begin(), forgotten_.end(), [&](const Forgotten& one) { return one.index >= root.covered; });
    std::uint64_t said = 0;
    bool all_say = true;
    std::string who;
    for (auto one = forgotten_.begin(); one != later; ++one) {
        who += (who.empty() ? "entry " : ", ") + std::to_string(one->index);
        all_say = all_say && one->uncounted;
        const std::uint64_t more = one->uncounted.value_or(0);
        said = more > ~said ? ~std::uint64_t{0} : said + more;
    }
    const bool several = later - forgotten_.begin() > 1;
    forgotten_.erase(forgotten_.begin(), later);
    if (said == gone || (said < gone && !all_say)) return {};
    return Wrong{who + (several ? " say" : " says") + " that keys were forgotten and that the map counts " + std::to_string(said) +
                 " entries no more, and " + name + " counts " + std::to_string(gone) + " no more"};
}

}  // namespace idun::verify
