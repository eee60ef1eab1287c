// One subscription, as an R4 Subscription of the "Subscriptions R5 Backport" guide says it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "records/records.h"
#include "subscriptions/endpoints.h"
#include "subscriptions/topic.h"

namespace idun::subscriptions {

enum class Content : std::uint8_t { empty, id_only, full_resource };  // each tells more than the one before
std::string_view to_string(Content content);
std::optional<Content> content_from(std::string_view code);

// Holds for changes of its resource type ("": of all); all that hold for a change must be met.
struct Filter {
    std::string resource;
    records::Parameters query;
};

struct Subscription {
    std::string topic;
    std::vector<Filter> filters;
    std::string endpoint;
    std::vector<std::pair<std::string, std::string>> headers;  // secrets among them: kept apart from the resource
    Content content = Content::empty;
    std::chrono::seconds heartbeat{0};  // 0: none
    std::chrono::seconds timeout{10};
    std::size_t events_max = 20;  // of one notification
    std::optional<Instant> end;
    bool elsewhere = false;  // to what is new at other providers
    bool off = false;  // the client wants it off
};

inline constexpr std::size_t kEventsInNotificationMax = 100;
inline constexpr std::size_t kFiltersMax = 20;
inline constexpr std::size_t kHeadersMax = 20;

// Everything that is wrong with it for this node, or the subscription.
tl::expected<Subscription, fhir::Issues> read_subscription(json::Value resource, const std::vector<Topic>& topics,
                                                           const Endpoints& endpoints, const records::Records& records);

// The resource as it is stored: status and error as given, no headers.
std::string stored_form(json::Value resource, std::string_view status, std::string_view error);

const Topic* topic_of(const std::vector<Topic>& topics, std::string_view url);
// The filter judges one resource type; "Resource" topics are filtered by `patient` and `_type` alone.
bool is_patient_filter(std::string_view parameter);

}  // namespace idun::subscriptions
