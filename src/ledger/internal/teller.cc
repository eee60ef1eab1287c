#include "ledger/internal/teller.h"

namespace idun::ledger {
namespace {

void tell_all(const Told& group) {
    if (group.wanted.empty()) return;
    auto under = receipt_under(group.note, group.last.back());
    IDUN_CHECK(under.has_value());
    Receipt receipt = std::move(*under);
    for (std::size_t i = 0; i < group.wanted.size(); ++i) {
        receipt.index = group.last[i];
        group.wanted[i].done(receipt);
    }
}

}  // namespace

void Teller::tell(Told group) {
    {
        std::unique_lock lock(mutex_);
        gone_.wait(lock, [this] { return waiting_.size() < kGroupsMax; });
        waiting_.push_back(std::move(group));
    }
    come_.notify_one();
}

void Teller::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    come_.notify_one();
    thread_.join();
}

void Teller::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        come_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        {
            const Told group = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            gone_.notify_one();
            tell_all(group);
        }  // what those who waited held goes before the lock is taken again
        lock.lock();
    }
}

}  // namespace idun::ledger
