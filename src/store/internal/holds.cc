#include "store/internal/holds.h"

#include <algorithm>

namespace idun::store {

// Longer holds are cut: what is held cannot be compacted away.
constexpr std::chrono::milliseconds kHoldMax = std::chrono::hours(24 * 31);

void Holds::hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) {
    std::vector<std::shared_ptr<const Snapshot>> dropped;
    std::lock_guard lock(mutex_);
    const Instant until = clock_.now() + std::clamp(time, std::chrono::milliseconds(0), kHoldMax);
    expire(dropped);
    auto [at, added] = held_.try_emplace(snapshot->version(), Held{snapshot, until});
    if (!added) at->second.until = std::max(at->second.until, until);
    if (held_.size() <= Store::kHeldMax) return;
    auto first = std::min_element(held_.begin(), held_.end(),
                                  [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    dropped.push_back(std::move(first->second.snapshot));
    held_.erase(first);
}

std::shared_ptr<const Snapshot> Holds::find(Version version) {
    std::vector<std::shared_ptr<const Snapshot>> dropped;
    std::lock_guard lock(mutex_);
    expire(dropped);
    auto at = held_.find(version);
    return at == held_.end() ? nullptr : at->second.snapshot;
}

void Holds::sweep() {
    std::vector<std::shared_ptr<const Snapshot>> dropped;
    std::lock_guard lock(mutex_);
    expire(dropped);
}

std::vector<Version> Holds::held() {
    std::lock_guard lock(mutex_);
    std::vector<Version> versions;
    for (const auto& [version, held] : held_) versions.push_back(version);
    return versions;
}

void Holds::expire(std::vector<std::shared_ptr<const Snapshot>>& dropped) {
    if (held_.empty()) return;
    const Instant now = clock_.now();
    for (auto at = held_.begin(); at != held_.end();) {
        if (at->second.until > now) {
            ++at;
            continue;
        }
        dropped.push_back(std::move(at->second.snapshot));
        at = held_.erase(at);
    }
}

}  // namespace idun::store
