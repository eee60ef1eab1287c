// A node's own copy of what people have chosen, kept from the hub's signed feed. See docs/formats/rights-feed.md.
//
// The copy carries a lease. While it holds, the node decides by itself, also when the hub is away; when it has
// run out the copy is stale and the node refuses others rather than guesses.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "http/client.h"
#include "rights/facts.h"
#include "rights/feed.h"
#include "store/store.h"
#include "trust/peer_keys.h"

namespace idun::gate {

// Thread-safe.
class RightsCopy {
public:
    static Result<std::unique_ptr<RightsCopy>> open(store::Store& store, const Clock& clock);

    // `unavailable` when the lease has run out.
    Result<rights::PersonFacts> facts_of(const crypto::Pseudonym& person) const;
    // What was known last, however old: for the provider's own staff, who are never refused for the age of the copy.
    Result<rights::PersonFacts> known_of(const crypto::Pseudonym& person) const;
    // Has anybody blocks between units? Most providers have none, and then need not ask about each record.
    bool has_inner_blocks() const { return inner_.load(std::memory_order_relaxed) > 0; }

    // Applies a verified page, durably. Only a page that completes the copy renews the lease.
    Status apply(const rights::FeedPage& page);
    // Puts a whole snapshot, all its verified parts in order, in the place of the copy, in one commit.
    Status replace(std::span<const rights::SnapshotPage> parts);

    std::uint64_t number() const;
    Instant lease_until() const;
    // Waits until the copy is at that number or beyond; false when it is not at the end of the time.
    bool wait_for(std::uint64_t number, std::chrono::milliseconds time) const;

private:
    struct Head {
        std::uint64_t number = 0;
        Instant lease_until;
        std::uint64_t inner = 0;       // persons with blocks between units
        std::uint64_t generation = 0;  // rows of another one do not count
    };
    static std::string encode(const Head& head);

    RightsCopy(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
    Result<std::optional<rights::PersonFacts>> read(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                    std::uint64_t generation) const;
    Status commit(store::Batch batch, const Head& head);
    Head head() const;

    store::Store& store_;
    const Clock& clock_;
    std::mutex applying_;
    mutable std::mutex mutex_;
    mutable std::condition_variable moved_;
    Head head_;
    std::atomic<std::uint64_t> inner_{0};
};

// What came of catching up.
enum class CaughtUp : std::uint8_t {
    reached,
    behind,   // the hub was heard, and does not have that number (yet)
    cut_off,  // the hub was not heard
};

struct FollowerOptions {
    std::string hub_url;                     // without a slash at the end
    std::string hub;                         // the hub's id, as it signs
    std::string provider_id;                 // whose copy it is
    trust::KeysNow hub_keys;
    std::function<void()> stranger = {};     // hears that something came which these keys have not signed
    std::function<std::string()> assertion;  // a fresh token that says who we are
};

// Keeps the copy up to date by long polling, on a thread of its own from start to destruction.
class RightsFollower {
public:
    RightsFollower(FollowerOptions options, RightsCopy& copy, http::Client& client, const Clock& clock, Metrics& metrics);
    ~RightsFollower();
    // Ends the thread soon, without waiting for it.
    void end();

    // Asks the hub at once for what is missing up to that number, and waits for it, at most that long. Many callers
    // share one question. Thread-safe.
    CaughtUp catch_up(std::uint64_t number, std::chrono::milliseconds time);
    // True from a catching up that ended `cut_off` until the hub is heard again. Thread-safe.
    bool cut_off() const;
    // `unavailable` when the hub has not answered for longer than kUnheardMax. Thread-safe.
    static constexpr std::chrono::milliseconds kUnheardMax{20'000};
    Status healthy() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::gate
