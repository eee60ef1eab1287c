#include "store/pace.h"

namespace idun::store {

Status Breather::breathe(std::uint64_t rows) {
    if (pace_.stop.stop_requested()) return fail(Category::unavailable, "it was stopped");
    if (pace_.progress) pace_.progress(rows);
    if (pace_.share >= 1) return {};
    const auto worked = std::chrono::steady_clock::now() - since_;
    std::unique_lock lock(mutex_);
    resting_.wait_for(lock, pace_.stop, worked * (1 / pace_.share - 1), [] { return false; });
    since_ = std::chrono::steady_clock::now();
    return {};
}

}  // namespace idun::store
