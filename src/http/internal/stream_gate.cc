#include "http/internal/stream_gate.h"

#include <algorithm>

namespace idun::http {

bool StreamGate::admit(std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (unsent_ >= kUnsentMax) closed_ = true;
    if (closed_) return false;
    unsent_ += size;
    return true;
}

void StreamGate::give_back(std::size_t size) {
    const std::lock_guard lock(mutex_);
    unsent_ -= std::min(unsent_, size);
}

void StreamGate::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

bool StreamGate::closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace idun::http
