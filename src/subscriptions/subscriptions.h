// Subscriptions by topic at a node: from the store's change feed to notifications that arrive at least once.
//
//     TRY_ASSIGN(auto subscriptions, Subscriptions::open(options, store, records, ledger, keeper, client, clock, random, metrics));
//     records::Outcome made = subscriptions->create(document.root(), actor);
//     subscriptions->nudge();   // something was written
//
// Promises
//   - What was committed after the answer to create() makes its event, also when the process dies in between: events are
//     numbered rows of the same store, written together with how far the feed has been read.
//   - An event is sent until the receiver has answered 2xx; then, and only then, the next ones. It may come twice, with the
//     same number, never out of order.
//   - Each subscription waits for itself alone, with a bounded number of events. One that is full, or whose receiver
//     fails for too long, is turned off, and its resource says why.
//   - A notification of events leaves only after its entry in the log is durable, whatever it tells.
//   - Only endpoints that the operator lists are called. Headers of a subscription are kept apart from the resource, which
//     never shows them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "http/client.h"
#include "ledger/ledger.h"
#include "records/records.h"
#include "store/change_keeper.h"
#include "store/store.h"
#include "subscriptions/endpoints.h"
#include "subscriptions/hub_news.h"
#include "subscriptions/subscription.h"
#include "subscriptions/topic.h"

namespace idun::subscriptions {

inline constexpr const char* kFeedReader = "subscriptions";  // its name at the ChangeKeeper

struct Options {
    std::string provider_id;
    std::string base_url;  // FHIR base of this node, without a slash at the end
    std::string rule;      // by which the provider's own systems may see its records, for the log
    // What a subscriber sees; empty: everything. What is hidden makes no event, and one that was made before says
    // nothing more.
    std::function<records::Visible(const ledger::Actor& owner)> visible_to = {};
    Endpoints endpoints;
    std::vector<Topic> topics;
    // For what is new at other providers (Topic::elsewhere). Without the first nobody can subscribe to it, for the reason in `no_news`.
    AskHub ask_hub = {};
    std::string no_news = "this node has no hub";
    std::function<Result<bool>(const std::string& patient)> cares_for = {};  // does the provider care for that Patient now?
    std::chrono::milliseconds decision_holds{60'000};  // so long what the hub has told of is sent without asking again
    std::size_t news_subscriptions_max = 20;           // each waits at the hub
    std::size_t subscriptions_max = 1'000;
    std::size_t owner_subscriptions_max = 100;  // of one owner
    std::size_t waiting_events_max = 10'000;  // of one subscription; more: it is turned off
    std::size_t kept_events_max = 1'000;      // that have arrived, for $events
    std::size_t under_way_bytes_max = 64u << 20;  // of notifications to all receivers together; one is always sent
    int error_after = 3;                      // failures in a row until the status is "error"
    std::chrono::milliseconds retry_min{500};
    std::chrono::milliseconds retry_max{60'000};
    std::chrono::milliseconds give_up_after{24 * 3'600'000};  // of failing; then it is turned off
};

// Who asks: a subscription is its owner's alone, the user id as that issuer gives it. Administrators of the provider see, change
// and end all of them, but own none.
struct Owner {
    ledger::Actor actor;
    std::string issuer;
    bool administrator = false;
    std::string assurance = {};  // of the token
    std::string task = {};
};

// Thread-safe. Works on a thread of its own from open to destruction.
class Subscriptions {
public:
    // What is passed by reference lives as long as the Subscriptions.
    static Result<std::unique_ptr<Subscriptions>> open(Options options, store::Store& store, records::Records& records,
                                                       ledger::Ledger& ledger, store::ChangeKeeper& keeper, http::Client& client,
                                                       const Clock& clock, Random& random, Metrics& metrics);
    ~Subscriptions();
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;

    // The interactions of the Subscription resource; the handshake follows by itself. Of another owner's: 404.
    records::Outcome create(json::Value resource, const Owner& owner);
    records::Outcome update(std::string_view id, json::Value resource, const Owner& owner, std::optional<std::uint64_t> if_match);
    records::Outcome remove(std::string_view id, const Owner& owner, std::optional<std::uint64_t> if_match);

    // Whether the Subscription resource exists for them. One that is deleted is nobody's any more.
    bool shows(std::string_view id, const Owner& owner) const;

    // $status: a searchset of SubscriptionStatus. Empty lists: all of the owner's.
    records::Outcome status(const std::vector<std::string>& ids, const std::vector<std::string>& statuses, const Owner& owner) const;
    // $events: a history Bundle of the events with these numbers that are still kept. `content`: never more than the
    // subscription says.
    records::Outcome events(std::string_view id, std::uint64_t first, std::uint64_t last, std::optional<Content> content,
                            const Owner& owner) const;

    const std::vector<Topic>& topics() const;
    // Something was written: look soon. Cheap, from any thread.
    void nudge();
    // `unavailable` when the feed could not be followed for a minute.
    Status healthy() const;
    // The same when the hub did not say for a minute what is new elsewhere, though somebody waits for it.
    Status hears_of_elsewhere() const;

private:
    struct Impl;
    explicit Subscriptions(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::subscriptions
