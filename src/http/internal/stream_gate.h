// Back-pressure between the writer of a streamed body, on any thread, and its connection, on a loop thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace idun::http {

class StreamGate {
public:
    static constexpr std::size_t kUnsentMax = 1u << 20;   // a writer that may wait does so above this
    static constexpr std::size_t kUnsentHard = 16u << 20;  // one that may not is cut off above this

    // Before writing `size` bytes. False when the other side has gone or has fallen too far behind.
    bool admit(std::size_t size, bool may_wait);
    void give_back(std::size_t size);  // that many were sent
    void close();                      // the other side has gone
    bool closed();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t unsent_ = 0;
    bool closed_ = false;
};

}  // namespace idun::http
