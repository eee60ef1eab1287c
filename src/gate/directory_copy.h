// A node's own copy of the hub's directory: one signed document (directory/snapshot.h), kept in the node's store. While the hub
// is away, also after a restart, the node knows from it who others are, where they answer and with which keys they sign.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "base/rounds.h"
#include "directory/snapshot.h"
#include "http/client.h"
#include "http/interruptible.h"
#include "store/store.h"
#include "trust/peer_keys.h"

namespace idun::gate {

// Thread-safe.
class DirectoryCopy {
public:
    // What is kept and does not hold (damaged, or signed by none of `ever`, all that the hub has signed with) is left alone, and nothing is known.
    static Result<std::unique_ptr<DirectoryCopy>> open(store::Store& store, std::string hub, const crypto::KeySet& ever, trust::KeysNow hub_keys,
                                                       const Clock& clock);

    // Verifies and keeps it, durably. `unauthorized` or `invalid` when it does not hold, `conflict` when it is older than what is
    // known. The same again is well.
    Status take(std::string_view token);

    struct Kept {
        directory::Snapshot snapshot;
        std::string token;
    };
    // Null before the first.
    std::shared_ptr<const Kept> kept() const;

private:
    DirectoryCopy(store::Store& store, std::string hub, trust::KeysNow keys, const Clock& clock)
        : store_(store), hub_(std::move(hub)), hub_keys_(std::move(keys)), clock_(clock) {}

    store::Store& store_;
    const std::string hub_;
    const trust::KeysNow hub_keys_;
    const Clock& clock_;
    std::mutex taking_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Kept> kept_;
};

// Fetches what is new, on a thread of its own.
class DirectoryFollower {
public:
    DirectoryFollower(std::string hub_url, DirectoryCopy& copy, http::Client& client, const Clock& clock, Metrics& metrics,
                      std::chrono::milliseconds every = std::chrono::seconds(10));
    // `unavailable` when nothing has come for more than ten minutes.
    Status healthy() const;

private:
    Result<std::chrono::milliseconds> round();

    const std::string url_;
    DirectoryCopy& copy_;
    http::Client& client_;
    Gauge& number_;
    const std::chrono::milliseconds every_;
    std::string etag_;  // of the thread
    http::Interruptible calls_;
    std::optional<Rounds> rounds_;  // last: a round uses all of the above
};

}  // namespace idun::gate
