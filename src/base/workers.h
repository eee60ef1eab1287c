// A few threads that run short jobs, for work that must not hold up an event loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace idun {

// Thread-safe. The destructor runs what is waiting, then joins.
class Workers {
public:
    explicit Workers(std::size_t threads, std::size_t waiting_max = 1u << 16);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // False, and the job is not taken, when too many wait already.
    bool post(std::function<void()> job);

private:
    void run();

    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable woken_;
    std::deque<std::function<void()>> waiting_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace idun
