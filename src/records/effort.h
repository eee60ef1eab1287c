// What one request has cost so far, and whom it has asked about. All its parts share one: every entry of a bundle,
// every link of a chain, every include. So a request is bounded as a whole, whatever it is made of.
//
//     TRY(effort.look());          // before a row is judged
//     effort.show(body.size());    // a resource goes into the answer
//     if (const Status left = effort.left(); !left) ...   // before the next part begins
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace idun::records {

struct EffortLimits {
    std::size_t rows_max = 1'000'000;   // looked at: rows of resources, of indexes, and versions
    std::size_t bytes_max = 64u << 20;  // of what the answer holds; one resource is always shown whole
    std::chrono::milliseconds time_max{30'000};
    std::size_t persons_max = 20'000;  // whom it asks about, beside those it shows
};

// For one thread at a time. The clock lives as long as the effort.
class Effort {
public:
    Effort(const EffortLimits& limits, const Clock& clock)
        : limits_(limits), clock_(clock), until_(clock.now() + limits.time_max) {}

    // So many rows more. `too_large` when they are more than a request may look at, or when its time is over.
    Status look(std::size_t rows = 1);
    // Is there anything left to spend? `too_large` when not.
    Status left() const;

    void show(std::size_t bytes) { bytes_ += bytes; }
    std::size_t shown() const { return bytes_; }
    std::size_t bytes_left() const { return limits_.bytes_max - std::min(limits_.bytes_max, bytes_); }

    // A question about a person is an access, also when the answer shows nothing of hers: the log names her.
    Status ask_about(std::string patient);
    std::vector<std::string> asked() const { return {asked_.begin(), asked_.end()}; }

private:
    const EffortLimits limits_;
    const Clock& clock_;
    const Instant until_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
    std::set<std::string> asked_;  // ids of Patients
};

}  // namespace idun::records
