#include "store/internal/committer.h"

#include "base/thread_name.h"
#include "store/internal/limits.h"

namespace idun::store {
namespace {

// What an entry costs beside its bytes, so that a flood of tiny batches is bounded too.
constexpr std::size_t kPendingBytes = 256;
constexpr std::size_t kWriteBytes = 80;

std::size_t cost_of(const Batch& batch) {
    return kPendingBytes + batch.bytes() + kWriteBytes * (batch.writes().size() + batch.expectations().size());
}

}  // namespace

Committer::Committer(WriteGroup write) : Committer(std::move(write), Limits{}) {}

Committer::Committer(WriteGroup write, const Limits& limits)
    : write_(std::move(write)), limits_(limits), thread_([this] {
          name_this_thread("store-commit");
          run();
      }) {}

Committer::~Committer() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Committer::submit(Batch batch, Committed done) {
    Pending pending;
    pending.done = std::move(done);
    batch.order();  // here, on the caller's thread: there are many of those and one that writes
    if (Status sizes = check_batch(batch); !sizes) {
        pending.outcome = fail(std::move(sizes.error()));
    } else {
        pending.cost = cost_of(batch);
        pending.batch = std::move(batch);
    }
    bool was_empty = false;
    {
        std::lock_guard lock(mutex_);
        if (!pending.outcome && queued_bytes_ + pending.cost > limits_.queue_bytes_max) {
            // A refusal is told on the writer thread as well: a caller may hold a lock that `done` takes.
            pending.batch = Batch{};
            pending.cost = 0;
            pending.outcome = fail(Category::busy, "the store's commit queue is full");
        }
        queued_bytes_ += pending.cost;
        was_empty = queue_.empty();
        queue_.push_back(std::move(pending));
    }
    if (was_empty) wake_.notify_one();
}

std::vector<Pending> Committer::take_group() {
    std::vector<Pending> group;
    std::size_t bytes = 0;
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    while (!queue_.empty() && group.size() < limits_.group_count_max) {
        if (!group.empty() && bytes + queue_.front().cost > limits_.group_bytes_max) break;
        bytes += queue_.front().cost;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return group;
}

void Committer::run() {
    for (;;) {
        std::vector<Pending> group = take_group();
        if (group.empty()) return;  // stopping, and nothing is left
        write_(group);
        std::size_t bytes = 0;
        for (Pending& pending : group) {
            bytes += pending.cost;
            pending.batch = Batch{};
        }
        {
            std::lock_guard lock(mutex_);
            queued_bytes_ -= bytes;
        }
        for (Pending& pending : group) {
            IDUN_CHECK(pending.outcome.has_value());
            pending.done(std::move(*pending.outcome));
        }
    }
}

}  // namespace idun::store
