#include "base/rounds.h"

#include <algorithm>

#include "base/log.h"
#include "base/thread_name.h"

namespace idun {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLogAgain{60'000};  // while it fails in the same way

}  // namespace

Rounds::Rounds(RoundsOptions options, const Clock& clock, Round round)
    : options_(std::move(options)), clock_(clock), round_(std::move(round)) {
    thread_ = std::thread([this] { run(); });
}

void Rounds::nudge() {
    {
        const std::lock_guard lock(mutex_);
        nudged_ = true;
    }
    woken_.notify_all();
}

void Rounds::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_all();
    if (options_.interrupt) options_.interrupt();
    thread_.join();
}

Status Rounds::healthy(milliseconds longest) const {
    const std::lock_guard lock(mutex_);
    if (!failing_since_ || clock_.now() - *failing_since_ <= longest) return {};
    return fail(*failure_);
}

void Rounds::run() {
    name_this_thread("rounds");
    milliseconds retry = options_.retry_min;
    for (bool going = true; going;) {
        const auto next = round_();
        if (next) {
            note_success();
            retry = options_.retry_min;
            going = wait(*next, true);
        } else {
            note_failure(next.error());
            going = wait(retry, false);
            retry = std::min(retry * 2, options_.retry_max);
        }
    }
}

// False when it is time to end. What was nudged before it returns the next round sees.
bool Rounds::wait(milliseconds time, bool for_nudges) {
    std::unique_lock lock(mutex_);
    const auto over = [&] { return stopping_ || (for_nudges && nudged_); };
    if (time == kUntilNudged) woken_.wait(lock, over);
    else woken_.wait_for(lock, time, over);
    nudged_ = false;
    return !stopping_;
}

void Rounds::note_success() {
    {
        const std::lock_guard lock(mutex_);
        if (!failing_since_) return;
        failing_since_.reset();
        failure_.reset();
    }
    log::info(options_.again, {{options_.about.first, options_.about.second}});
}

void Rounds::note_failure(const Error& error) {
    const Instant now = clock_.now();
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;  // interrupted
        news = !failure_ || failure_->message != error.message;
        if (!failing_since_) failing_since_ = now;
        failure_ = error;
    }
    if (!news && logged_ && now - *logged_ < kLogAgain) return;
    logged_ = now;
    log::warn(options_.failing, {{options_.about.first, options_.about.second}, {"error", error.message}});
}

}  // namespace idun
