#include "gate/refused_tickets.h"

#include <algorithm>

namespace idun::gate {

void RefusedTickets::add(std::string id) {
    const std::lock_guard lock(mutex_);
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return;
    if (ids_.size() == kKeptMax) ids_.pop_front();
    ids_.push_back(std::move(id));
}

std::vector<std::string> RefusedTickets::some(std::size_t count_max) const {
    const std::lock_guard lock(mutex_);
    return {ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(std::min(count_max, ids_.size()))};
}

void RefusedTickets::told(const std::vector<std::string>& ids) {
    const std::lock_guard lock(mutex_);
    std::erase_if(ids_, [&](const std::string& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); });
}

}  // namespace idun::gate
