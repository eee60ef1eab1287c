// Tells those who wait that their entries are durable, on a thread of its own: while it does, the next group is written.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/internal/writer_queue.h"
#include "ledger/receipt.h"

namespace idun::ledger {

// A durable group's: who waits, the index of the last entry of each, and the checkpoint that covers them.
struct Told {
    std::vector<Wanted> wanted;
    std::vector<std::uint64_t> last;
    std::string note;
};

// Thread-safe.
class Teller {
public:
    Teller() : thread_([this] { run(); }) {}
    ~Teller() { stop(); }

    // Groups are told in the order in which they come. Waits while kGroupsMax wait already, so that what is durable and not told is bounded.
    void tell(Told group);
    // Tells what is here, and ends. Once, from the owner's thread.
    void stop();

private:
    static constexpr std::size_t kGroupsMax = 8;
    void run();

    std::mutex mutex_;
    std::condition_variable come_;  // a group, or the end
    std::condition_variable gone_;
    std::deque<Told> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace idun::ledger
