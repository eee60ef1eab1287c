// The bound between the writer of a streamed body, on any thread, and its connection, on a loop thread. A writer
// never waits: whoever reads too slowly is cut off, so that no reader can hold up the threads of a role.
#pragma once

#include <cstddef>
#include <mutex>

namespace idun::http {

class StreamGate {
public:
    static constexpr std::size_t kUnsentMax = 32u << 20;  // with more than this unsent the next write is refused

    // Before writing `size` bytes. False when the other side has gone or has fallen too far behind.
    bool admit(std::size_t size);
    void give_back(std::size_t size);  // that many were sent
    void close();                      // the other side has gone
    bool closed();

private:
    std::mutex mutex_;
    std::size_t unsent_ = 0;
    bool closed_ = false;
};

}  // namespace idun::http
