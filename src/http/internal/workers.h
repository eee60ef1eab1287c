// The threads that run handlers, with a bounded queue in front of them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace idun::http {

class Workers {
public:
    using Job = std::function<void()>;
    Workers(std::size_t threads, std::size_t waiting_max);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // False when the queue is full or the workers have stopped. Thread-safe.
    bool submit(Job job);
    // Drops what waits, ends what runs. Not from a worker.
    void stop();

private:
    void run();
    // Whether to wake a thread, under the lock. Only one is on its way at a time and wakes the next when it finds more
    // to do: jobs that come in a burst are done by the few threads that the machine has room for, without a wake-up
    // each.
    bool next_to_wake();

    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Job> waiting_;
    std::size_t resting_ = 0;  // threads that wait for a job
    bool waking_ = false;      // one of them has been woken and does not run yet
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace idun::http
