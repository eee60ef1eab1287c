// At the hub: brings the list of accesses up to date with the hub's log (every half second), lets go of what its time is
// up for, and tells the operator of logs that are not accounted for (metrics, and a line when it begins or ends).
#pragma once

#include <condition_variable>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/metrics.h"
#include "exchange/access_view.h"

namespace idun::exchange {

// `rules` say how long accesses stay in the list; they live as long.
// Works on a thread of its own from start to destruction.
class AccessKeeper {
public:
    AccessKeeper(AccessView& accesses, Metrics& metrics, const rights::RuleTable& rules,
                 std::chrono::milliseconds period = std::chrono::seconds(5));
    ~AccessKeeper();

private:
    void run();
    Status look();
    Status round();
    void tell(const std::vector<LogAccount>& accounts);

    AccessView& accesses_;
    const rights::RuleTable& rules_;
    const std::chrono::milliseconds period_;
    Gauge& missing_;
    Gauge& unanswered_;
    Gauge& silent_;
    Gauge& behind_;
    Gauge& faulty_;
    std::uint64_t rounds_ = 0;
    std::chrono::steady_clock::time_point next_round_{};
    std::map<std::string, bool> complete_;  // as last told
    std::mutex mutex_;
    std::condition_variable woken_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace idun::exchange
