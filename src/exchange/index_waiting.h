// Followers of the index that wait in their request until there is news for them. Waiting holds no thread: one thread looks at
// each change once, finds who of the waiting has pointers of that person, and decides for these alone (index_following.h). What a
// follower is not told of leaves it waiting.
//
//     const auto news = following.news(follower, place, 200);
//     if (news->persons.empty()) waiting.wait(follower, news->after, 200, milliseconds(20'000), answer);
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/metrics.h"
#include "exchange/index_following.h"

namespace idun::exchange {

inline constexpr std::size_t kIndexWaitingMax = 10'000;
inline constexpr std::size_t kIndexWaitingOfOneMax = 64;  // of one provider or person

// Thread-safe.
class IndexWaiting {
public:
    // Called once, on a thread of its own or the caller's; must be quick.
    using Answer = std::function<void(Result<IndexNews>)>;

    // Takes the index's changed_by(). What is passed lives as long as this.
    IndexWaiting(const IndexFollowing& following, index::Index& index, const people::Links& links, Metrics& metrics);
    ~IndexWaiting();
    IndexWaiting(const IndexWaiting&) = delete;
    IndexWaiting& operator=(const IndexWaiting&) = delete;

    // For a follower that was told of nothing up to `from`. Answers with nobody when the time is up; `busy` when too many wait.
    void wait(IndexFollower follower, IndexPlace from, std::size_t count, std::chrono::milliseconds time, Answer answer);
    // Answers all who wait, and whoever comes later at once: for a hub that is about to stop.
    void end();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // the index calls it, perhaps late
};

}  // namespace idun::exchange
