// The versions that are kept open for a while, for snapshot_at().
#pragma once

#include <map>
#include <mutex>

#include "base/time.h"
#include "store/store.h"

namespace idun::store {

// Thread-safe. The clock outlives it.
class Holds {
public:
    explicit Holds(const Clock& clock) : clock_(clock) {}

    // A second hold of a version never shortens the first.
    void hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time);
    // The held snapshot, or nothing.
    std::shared_ptr<const Snapshot> find(Version version);
    // Lets go of what has expired.
    void sweep();
    // Versions that are held, ascending.
    std::vector<Version> held();

private:
    struct Held {
        std::shared_ptr<const Snapshot> snapshot;
        Instant until;
    };
    // Moves what has expired into `dropped`, so that snapshots are destroyed outside the lock.
    void expire(std::vector<std::shared_ptr<const Snapshot>>& dropped);

    const Clock& clock_;
    std::mutex mutex_;
    std::map<Version, Held> held_;
};

}  // namespace idun::store
