// The group commit queue that both engines share: many threads submit, one thread writes.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "store/store.h"

namespace idun::store {

// One batch on its way. The engine fills `outcome`; a batch refused on submission has it already.
struct Pending {
    Batch batch;
    Committed done;
    std::size_t cost = 0;  // of the queue's bound
    std::optional<Result<Version>> outcome;
};

// Thread-safe. While one group is written the next one gathers, so the sync is shared by all who wait.
class Committer {
public:
    // Decides the outcome of every batch without one, in order. Called on the writer thread only.
    using WriteGroup = std::function<void(std::span<Pending> group)>;

    struct Limits {
        std::size_t queue_bytes_max = Store::kQueueBytesMax;
        std::size_t group_bytes_max = 16u << 20;  // but at least one batch
        std::size_t group_count_max = 4096;
    };

    explicit Committer(WriteGroup write);
    Committer(WriteGroup write, const Limits& limits);
    ~Committer();  // after what is queued has been written
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void submit(Batch batch, Committed done);

private:
    void run();
    std::vector<Pending> take_group();

    const WriteGroup write_;
    const Limits limits_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Pending> queue_;
    std::size_t queued_bytes_ = 0;
    bool stopping_ = false;
    std::thread thread_;  // last: starts when all else stands
};

}  // namespace idun::store
