// Keys that change, between a node and its hub: the node's own changes to the hub, the hub's to the node (docs/formats/key-change.md).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/rounds.h"
#include "http/client.h"
#include "http/interruptible.h"
#include "trust/peer_keys.h"

namespace idun::publish {

struct KeyNewsOptions {
    std::string hub_url;  // without a slash at the end
    std::string hub_id;
    std::string provider_id;
    std::function<Result<std::vector<std::string>>()> own;  // the node's announced changes, the oldest first
    std::chrono::milliseconds every = std::chrono::minutes(5);
    std::chrono::milliseconds nudged_after = std::chrono::seconds(5);  // a round that a nudge asks for begins so long after the one before
};

// On a thread of its own.
class KeyNews {
public:
    KeyNews(KeyNewsOptions options, trust::PeerKeys& hub_keys, http::Client& client, const Clock& clock);
    // Until the first has been done both ways, or `patience` is over: then false.
    bool caught_up(std::chrono::milliseconds patience);

    // There may be a key of the hub's that is not known here.
    void nudge() { rounds_->nudge(); }

private:
    Result<std::chrono::milliseconds> round();
    Status tell();
    Status ask();

    const KeyNewsOptions options_;
    trust::PeerKeys& hub_keys_;
    http::Client& client_;
    const Clock& clock_;
    Instant asked_;         // of the thread: when the last round ended
    std::mutex mutex_;
    std::condition_variable done_;
    bool done_once_ = false;
    http::Interruptible calls_;
    std::optional<Rounds> rounds_;  // last: a round uses all of the above
};

}  // namespace idun::publish
