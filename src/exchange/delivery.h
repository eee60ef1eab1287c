// Telling people outside the hub that they have a message: at once, once a day, or not. Bytes: docs/formats/notifications.md.
//
// What is to be told stands in the store in the same commit as the message itself, and is let go only when the outlet has
// taken it: at least once, whatever dies in between.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/metrics.h"
#include "base/random.h"
#include "base/rounds.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "exchange/outlet.h"
#include "store/store.h"

namespace idun::exchange {

// On disk and on the wire: "off", "immediate", "digest".
enum class Pace : std::uint8_t { off, immediate, digest };
std::string_view to_string(Pace pace);
std::optional<Pace> pace_from(std::string_view text);

struct DeliveryChoice {
    Pace pace = Pace::off;
    std::string address;   // may be empty when off
    bool refused = false;  // by the outlet, for good: another address is needed
    friend bool operator==(const DeliveryChoice&, const DeliveryChoice&) = default;
};

// Of the row of what she has chosen under that number.
std::string delivery_key(const crypto::Pseudonym& number);
// `off` unless she has chosen.
Result<DeliveryChoice> delivery_of(const store::Snapshot& snapshot, const crypto::Pseudonym& person);
// Of a number whose pseudonyms under several keys these surely are: the first one under which she has chosen.
Result<DeliveryChoice> delivery_of(const store::Snapshot& snapshot, std::span<const crypto::Pseudonym> aliases);
// Stands under the first of these from then on, and under no other. `invalid` for what is no address.
Status choose_delivery(store::Store& store, std::span<const crypto::Pseudonym> aliases, const DeliveryChoice& choice);

// Goes into the batch of a message to her; nothing when she is not told outside. `urgent`: at once, even when she has
// chosen a digest. False: she has chosen nothing under that number.
bool put_due(store::Batch& batch, store::Store& store, const crypto::Pseudonym& person, bool urgent, Random& random);

// Works on a thread of its own from start to destruction. Each person has at most one letter that waits, whatever comes
// meanwhile. While the outlet takes nothing at all it is asked ever less often, by another letter each time.
class Deliverer {
public:
    struct Options {
        std::chrono::milliseconds look{500};
        std::chrono::milliseconds digest_after{24 * 3'600'000};  // from the first message that it tells of
        std::chrono::milliseconds away_max{300'000};             // between attempts while the outlet takes nothing
    };
    // Without an outlet what is due is let go. What is passed by reference lives longer.
    Deliverer(store::Store& store, std::unique_ptr<Outlet> outlet, const Clock& clock, Metrics& metrics,
              Options options);

private:
    struct Waiting;
    enum class Sent : std::uint8_t { taken, refused, later, away };
    // More may be due; `unavailable` while the outlet takes nothing.
    Result<bool> round();
    Result<bool> fresh_round();
    Result<bool> waiting_round();
    using Handle = Status (Deliverer::*)(const store::Snapshot&, const store::Entry&);
    Status handle(const store::Entry& row, Handle how);
    Status handle_fresh(const store::Snapshot& snapshot, const store::Entry& row);
    Status handle_waiting(const store::Snapshot& snapshot, const store::Entry& row);
    Waiting tried_again(Waiting letter, Sent sent) const;
    Status commit_sent(store::Batch batch, Sent sent);
    Sent send(store::Batch& batch, const crypto::Pseudonym& person, const DeliveryChoice& choice, bool digest,
              std::string_view stamp);
    static void replace(store::Batch& batch, const std::optional<Waiting>& before, const std::optional<Waiting>& after);
    Status commit(store::Batch batch);

    store::Store& store_;
    const std::unique_ptr<Outlet> outlet_;
    const Clock& clock_;
    const Options options_;
    Counter& sent_;
    Counter& failed_;
    Counter& refused_;
    Gauge& away_;
    std::string away_why_;
    std::atomic<bool> ending_ = false;  // so that a round leaves the rest to the next start
    std::optional<Rounds> rounds_;      // last: a round uses all of the above
};

}  // namespace idun::exchange
