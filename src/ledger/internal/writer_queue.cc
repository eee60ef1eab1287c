#include "ledger/internal/writer_queue.h"

#include <iterator>

namespace idun::ledger {

std::size_t Wanted::bytes() const {
    std::size_t out = decision.size();
    for (const std::string& part : parts) out += part.size();
    return out;
}

Status WriterQueue::push(Wanted& wanted) {
    const std::size_t bytes = wanted.bytes();
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (failure_) return fail(*failure_);
        if (closed_) return fail(Category::unavailable, "log: it is being closed");
        if (queue_.size() >= entries_max_ || bytes_ + bytes > bytes_max_)
            return fail(Category::busy, "log: too many entries wait to be written");
        bytes_ += bytes;
        queue_.push_back(std::move(wanted));
        wake = queue_.size() >= wake_at_;
        if (wake) wake_at_ = kNobodyWaits;
    }
    if (wake) wake_.notify_one();
    return {};
}

std::vector<Wanted> WriterQueue::take(std::size_t bytes_max, std::size_t expected, std::chrono::microseconds patience) {
    std::vector<Wanted> out;
    std::unique_lock lock(mutex_);
    const auto come = [this](std::size_t count) {
        const bool enough = closed_ || queue_.size() >= count;
        wake_at_ = enough ? kNobodyWaits : count;
        return enough;
    };
    wake_.wait(lock, [&] { return come(1); });
    if (patience.count() > 0) wake_.wait_for(lock, patience, [&] { return come(expected); });
    wake_at_ = kNobodyWaits;
    out.reserve(queue_.size());
    std::size_t bytes = 0;
    while (!queue_.empty() && (out.empty() || bytes + queue_.front().bytes() <= bytes_max)) {
        bytes += queue_.front().bytes();
        out.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    bytes_ -= bytes;
    return out;
}

void WriterQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
}

std::vector<Wanted> WriterQueue::close(const Error& error) {
    std::vector<Wanted> out;
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = error;
        out.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
        queue_.clear();
        bytes_ = 0;
    }
    return out;
}

}  // namespace idun::ledger
