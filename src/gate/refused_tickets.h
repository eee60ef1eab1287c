// Tickets that were truly issued for this node and that it refused without a log entry: out of time, or shown twice. The
// hub is told of them with the next shipment, so that it does not take them for lost.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace idun::gate {

// Thread-safe. What is not told before the process ends is not told: the hub then knows of tickets that nothing came of.
class RefusedTickets {
public:
    static constexpr std::size_t kKeptMax = 1'000;  // the oldest go first

    void add(std::string id);
    // The oldest, at most so many.
    std::vector<std::string> some(std::size_t count_max) const;
    void told(const std::vector<std::string>& ids);

private:
    mutable std::mutex mutex_;
    std::deque<std::string> ids_;
};

}  // namespace idun::gate
