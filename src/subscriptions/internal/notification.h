// Notifications and answers about subscriptions: Bundles and Parameters of the R4 backport.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "subscriptions/internal/rows.h"
#include "subscriptions/subscription.h"

namespace idun::subscriptions {

// What a notification says beside its events.
struct Said {
    std::string base_url;  // of the node, without a slash at the end
    std::string id;        // of the Subscription
    std::string topic;
    std::string_view type;  // handshake, heartbeat, event-notification, query-status, query-event
    std::string_view status;
    std::uint64_t events_since_start = 0;
    std::string error;  // "": none
};

// An event, with the body of the version it is about when that is to be sent and there is one.
struct Told {
    Event event;
    std::shared_ptr<const std::string> body = {};
    bool hidden = false;  // the subscriber may no longer see what it is about: only number and time are told
};

// The SubscriptionStatus: a Parameters resource. `part_id` is its id.
std::string subscription_status(const Said& said, const std::vector<Told>& events, Content content, std::string_view part_id);
// A Bundle of type history: the status first, then what the content level allows.
std::string notification(const Said& said, const std::vector<Told>& events, Content content, std::string_view bundle_id,
                         std::string_view part_id, Instant now);

}  // namespace idun::subscriptions
