// Keeps the map by person in step with what is durable, and brings its root into the log again and again, so that a person's
// history can be proven whole (docs/formats/ledger.md). Has a thread of its own: appending does not wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "crypto/key_map.h"
#include "ledger/internal/sealed.h"
#include "ledger/ledger.h"

namespace idun::ledger {

struct MapKeeperParts {
    std::string log_id;
    std::chrono::milliseconds every;    // at most so often
    std::size_t changes_max = 1u << 20;  // more that wait: sooner
    // Appends the entry; `done` is called once, from any thread.
    std::function<void(const MapRoot&, Appended done)> append;
};

// Thread-safe.
class MapKeeper {
public:
    // `people` are all that the log knew at `size`.
    MapKeeper(MapKeeperParts parts, std::vector<PersonCount> people, std::uint64_t size);
    ~MapKeeper() { stop(); }

    // A durable group: what it changed, in order, and the size with it. Cheap.
    void note(std::vector<PersonCount> changes, std::uint64_t size);

    struct Proof {
        std::uint64_t index = 0;  // of the entry with the map root
        crypto::MapProof way;
    };
    // Under the newest map root in the log; when this opening has made none, one is made first. Waits at most
    // `longest` (`busy`).
    Result<Proof> prove(const crypto::Pseudonym& person, std::chrono::milliseconds longest);

    // No more roots. Does not wait for one whose turn has not come. Once.
    void stop();

private:
    void run();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void make_root(std::unique_lock<std::mutex>& lock);
    crypto::MapEntry entry_of(const PersonCount& one) const;

    const MapKeeperParts parts_;
    std::mutex mutex_;  // all that follows
    std::condition_variable changed_;
    std::vector<PersonCount> waiting_;  // not in the map yet
    std::uint64_t size_;                // with them
    crypto::KeyMap map_;
    std::optional<std::uint64_t> root_at_;  // where its root stands in the log; nothing: it is on its way
    bool dirty_ = true;
    bool asked_ = false;  // somebody waits for the first root
    std::optional<Error> failure_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace idun::ledger
