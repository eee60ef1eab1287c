// The threads behind a Loop, and how other threads reach them.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/internal/asio.h"
#include "http/server.h"

namespace idun::http {

using Work = std::function<void()>;

// Takes work for one loop thread from any thread. It may outlive the loop: then it takes nothing.
// Work that arrives together is run together, so that a busy loop is woken once and not for each.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
public:
    explicit Mailbox(asio::io_context& io) : io_(&io) {}

    // False (and `work` is dropped) when the loop has ended.
    bool put(Work work);
    // True on the loop's own thread.
    bool here() const { return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed); }

    void set_thread(std::thread::id id) { thread_.store(id, std::memory_order_relaxed); }
    void close();

private:
    void drain();

    std::mutex mutex_;
    asio::io_context* io_;  // nothing once closed
    std::vector<Work> waiting_;
    std::vector<Work> running_;  // loop thread only; keeps its memory
    std::atomic<std::thread::id> thread_;
};

struct LoopThread {
    LoopThread();
    ~LoopThread();

    asio::io_context io{1};
    std::shared_ptr<Mailbox> mailbox;

    // Runs `work` on this thread and waits for it; at once when called on it.
    void run_and_wait(const Work& work);

private:
    friend struct Loop::Impl;
    void stop();

    asio::executor_work_guard<Executor> guard_;
    std::thread thread_;
};

struct Loop::Impl {
    explicit Impl(std::size_t count);
    ~Impl();

    // Spreads connections.
    LoopThread& next();

    std::vector<std::unique_ptr<LoopThread>> threads;
    std::atomic<std::size_t> turn{0};
};

}  // namespace idun::http
