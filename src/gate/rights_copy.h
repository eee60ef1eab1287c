// A node's own copy of what people have chosen, kept from the hub's signed feed. See docs/formats/rights-feed.md.
//
// The copy carries a lease. While it holds, the node decides by itself, also when the hub is away; when it has
// run out the copy is stale and the node refuses others rather than guesses.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "http/client.h"
#include "rights/facts.h"
#include "rights/feed.h"
#include "store/store.h"

namespace idun::gate {

// Thread-safe.
class RightsCopy {
public:
    static Result<std::unique_ptr<RightsCopy>> open(store::Store& store, const Clock& clock);

    // `unavailable` when the lease has run out.
    Result<rights::PersonFacts> facts_of(const crypto::Pseudonym& person) const;

    // Applies a verified page, durably. Only a page that completes the copy renews the lease.
    Status apply(const rights::FeedPage& page);

    std::uint64_t number() const;
    Instant lease_until() const;

private:
    RightsCopy(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    store::Store& store_;
    const Clock& clock_;
    std::mutex applying_;
    mutable std::mutex mutex_;
    std::uint64_t number_ = 0;
    Instant lease_until_;
};

struct FollowerOptions {
    std::string hub_url;                     // without a slash at the end
    std::string hub;                         // the hub's id, as it signs
    std::string provider_id;                 // whose copy it is
    crypto::KeySet hub_keys;
    std::function<std::string()> assertion;  // a fresh token that says who we are
};

// Keeps the copy up to date by long polling, on a thread of its own from start to destruction.
class RightsFollower {
public:
    RightsFollower(FollowerOptions options, RightsCopy& copy, http::Client& client, const Clock& clock, Metrics& metrics);
    ~RightsFollower();
    // Ends the thread soon, without waiting for it.
    void end();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::gate
