#include "ledger/internal/map_keeper.h"

#include <future>

namespace idun::ledger {

MapKeeper::MapKeeper(MapKeeperParts parts, std::vector<PersonCount> people, std::uint64_t size)
    : parts_(std::move(parts)), waiting_(std::move(people)), size_(size), dirty_(!waiting_.empty()) {
    thread_ = std::thread([this] { run(); });
}

void MapKeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void MapKeeper::note(std::vector<PersonCount> changes, std::uint64_t size) {
    bool many = false;
    {
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), changes.begin(), changes.end());
        size_ = size;
        dirty_ = dirty_ || !changes.empty();
        many = waiting_.size() >= parts_.changes_max;
    }
    if (many) changed_.notify_all();
}

crypto::MapEntry MapKeeper::entry_of(const PersonCount& one) const {
    return {crypto::map_key(parts_.log_id, one.person.view()), one.count, one.last};
}

Result<MapKeeper::Proof> MapKeeper::prove(const crypto::Pseudonym& person, std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    asked_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, longest, [&] { return root_at_ || failure_ || stopping_; });
    if (failure_) return fail(*failure_);
    if (!root_at_) return fail(Category::busy, "log: its map is on its way; ask again in a moment");
    return Proof{*root_at_, map_.prove(crypto::map_key(parts_.log_id, person.view()))};
}

// True when a root is due; false when it ends.
bool MapKeeper::wait_for_work(std::unique_lock<std::mutex>& lock) {
    changed_.wait_for(lock, parts_.every, [&] {
        return stopping_ || waiting_.size() >= parts_.changes_max || (asked_ && !root_at_);
    });
    return !stopping_;
}

void MapKeeper::run() {
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock) && !failure_) {
        if (!dirty_ && (root_at_ || !asked_)) continue;
        make_root(lock);
    }
}

void MapKeeper::make_root(std::unique_lock<std::mutex>& lock) {
    std::vector<PersonCount> changes;
    changes.swap(waiting_);
    MapRoot root;
    root.covered = size_;
    dirty_ = false;
    root_at_.reset();
    // The map is this thread's until its root has a place: who asks for a proof waits for that.
    lock.unlock();
    std::vector<crypto::MapEntry> entries;
    entries.reserve(changes.size());
    for (const PersonCount& one : changes) entries.push_back(entry_of(one));
    map_.apply(entries);
    root.keys = map_.size();
    root.root = map_.root();
    std::promise<Result<Receipt>> promise;
    parts_.append(root, [&promise](Result<Receipt> receipt) { promise.set_value(std::move(receipt)); });
    const Result<Receipt> receipt = promise.get_future().get();
    lock.lock();
    if (receipt) {
        root_at_ = receipt->index;
    } else if (receipt.error().category == Category::busy) {
        dirty_ = true;   // the next round tries again
        asked_ = false;  // … and not at once
    } else {
        failure_ = receipt.error();
    }
    changed_.notify_all();
}

}  // namespace idun::ledger
