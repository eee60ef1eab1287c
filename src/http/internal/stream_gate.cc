#include "http/internal/stream_gate.h"

#include <algorithm>

namespace idun::http {

bool StreamGate::admit(std::size_t size, bool may_wait) {
    std::unique_lock lock(mutex_);
    if (may_wait) changed_.wait(lock, [&] { return closed_ || unsent_ < kUnsentMax; });
    if (unsent_ >= kUnsentHard) closed_ = true;
    if (closed_) return false;
    unsent_ += size;
    return true;
}

void StreamGate::give_back(std::size_t size) {
    {
        const std::lock_guard lock(mutex_);
        unsent_ -= std::min(unsent_, size);
        if (unsent_ >= kUnsentMax) return;
    }
    changed_.notify_all();
}

void StreamGate::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

bool StreamGate::closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace idun::http
