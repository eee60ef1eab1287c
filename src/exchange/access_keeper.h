// At the hub: brings the list of accesses up to date with the hub's log (every half second), lets go of what its time is
// up for, and tells the operator of logs that are not accounted for: sums, and of each provider what is open since when
// (metrics), and a line when something of a log begins or ends.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/rounds.h"
#include "exchange/access_view.h"

namespace idun::exchange {

// `rules` say how long accesses stay in the list; they live as long.
// Works on a thread of its own from start to destruction.
class AccessKeeper {
public:
    AccessKeeper(AccessView& accesses, const Clock& clock, Metrics& metrics, const rights::RuleTable& rules,
                 std::chrono::milliseconds period = std::chrono::seconds(5));

private:
    Result<std::chrono::milliseconds> round();
    Status look();
    void tell(const std::vector<LogAccount>& accounts);
    void show(const std::vector<LogAccount>& accounts);
    std::string shown_as(std::string_view provider);

    AccessView& accesses_;
    const rights::RuleTable& rules_;
    const std::chrono::milliseconds period_;
    Metrics& metrics_;
    Gauge& missing_;
    Gauge& unanswered_;
    Gauge& silent_;
    Gauge& behind_;
    Gauge& faulty_;
    std::uint64_t looks_ = 0;
    bool purging_ = false;  // a part in each round, so that a stop waits for one part only
    std::chrono::steady_clock::time_point next_look_{};
    std::map<std::string, std::string> told_;  // by log, what of it was open
    std::set<std::string, std::less<>> providers_;  // that have a name in the metrics
    struct Open {
        Gauge* count;
        Gauge* since;
    };
    std::map<std::pair<std::string, std::string>, Open> open_;  // by provider and fact, once there was something
    std::optional<Rounds> rounds_;  // last: a round uses all of the above
};

}  // namespace idun::exchange
