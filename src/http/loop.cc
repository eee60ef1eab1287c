#include <algorithm>
#include <future>

#include "base/thread_name.h"
#include "http/internal/loop.h"

namespace idun::http {

bool Mailbox::put(Work work) {
    const std::lock_guard lock(mutex_);
    if (!io_) return false;
    waiting_.push_back(std::move(work));
    if (waiting_.size() == 1) {
        asio::post(*io_, [self = shared_from_this()] { self->drain(); });
    }
    return true;
}

void Mailbox::drain() {
    {
        const std::lock_guard lock(mutex_);
        running_.swap(waiting_);
    }
    for (Work& work : running_) work();
    running_.clear();
}

void Mailbox::close() {
    std::vector<Work> dropped;
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
    dropped.swap(waiting_);
}

LoopThread::LoopThread() : mailbox(std::make_shared<Mailbox>(io)), guard_(io.get_executor()) {
    std::promise<void> started;
    thread_ = std::thread([this, &started] {
        name_this_thread("http-loop");
        mailbox->set_thread(std::this_thread::get_id());
        started.set_value();
        io.run();
    });
    started.get_future().wait();
}

LoopThread::~LoopThread() { stop(); }

void LoopThread::stop() {
    mailbox->close();
    io.stop();
    if (thread_.joinable()) thread_.join();
}

void LoopThread::run_and_wait(const Work& work) {
    if (mailbox->here()) {
        work();
        return;
    }
    std::promise<void> done;
    const bool taken = mailbox->put([&] {
        work();
        done.set_value();
    });
    if (taken) done.get_future().wait();
}

Loop::Impl::Impl(std::size_t count) {
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) threads.push_back(std::make_unique<LoopThread>());
}

Loop::Impl::~Impl() {
    for (const auto& thread : threads) thread->stop();
}

LoopThread& Loop::Impl::next() { return *threads[turn++ % threads.size()]; }

Loop::Loop(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}
Loop::~Loop() = default;

void Loop::after(std::chrono::milliseconds delay, std::function<void()> work) {
    LoopThread& thread = *impl_->threads.front();
    if (delay.count() <= 0) {
        thread.mailbox->put(std::move(work));
        return;
    }
    thread.mailbox->put([&thread, delay, work = std::move(work)] {
        auto timer = std::make_shared<Timer>(thread.io.get_executor(), delay);
        timer->async_wait([timer, work](const ErrorCode& error) {
            if (!error) work();
        });
    });
}

}  // namespace idun::http
