#include "http/internal/workers.h"

#include "base/thread_name.h"

namespace idun::http {

Workers::Workers(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(Job job) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || waiting_.size() >= waiting_max_ + resting_) return false;
        waiting_.push_back(std::move(job));
        wake = next_to_wake();
    }
    if (wake) ready_.notify_one();
    return true;
}

bool Workers::next_to_wake() {
    if (resting_ == 0 || waking_) return false;
    return waking_ = true;
}

void Workers::stop() {
    std::deque<Job> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        dropped.swap(waiting_);
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void Workers::run() {
    name_this_thread("http-worker");
    std::unique_lock lock(mutex_);
    while (true) {
        while (waiting_.empty() && !stopped_) {
            ++resting_;
            ready_.wait(lock);
            --resting_;
            waking_ = false;
        }
        if (stopped_) return;
        Job job = std::move(waiting_.front());
        waiting_.pop_front();
        const bool wake = !waiting_.empty() && next_to_wake();
        lock.unlock();
        if (wake) ready_.notify_one();
        job();
        job = nullptr;
        lock.lock();
    }
}

}  // namespace idun::http
