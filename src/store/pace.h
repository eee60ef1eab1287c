// How much of a thread's time reading a whole store may take, beside a role's own work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>

#include "base/result.h"

namespace idun::store {

struct ScanPace {
    double share = 1;  // of one thread's time that it may take, above 0
    std::stop_token stop = {};
    std::function<void(std::uint64_t rows)> progress = {};  // now and then
};

// For one thread. `pace` lives as long.
class Breather {
public:
    explicit Breather(const ScanPace& pace) : pace_(pace) {}
    // After some hundred rows; `rows`: all so far. Rests as long as it must; `unavailable` once it is told to stop.
    Status breathe(std::uint64_t rows);

private:
    const ScanPace& pace_;
    std::mutex mutex_;
    std::condition_variable_any resting_;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace idun::store
