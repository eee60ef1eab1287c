// What one can subscribe to: topics, in the JSON form of R5's SubscriptionTopic. R4 has no such resource; see
// docs/formats/subscriptions.md for the part of it that is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::subscriptions {

// A change of `resource` that makes an event.
struct Trigger {
    std::string resource;  // a type, or "Resource": every type, but only what is about a patient
    bool on_create = false;
    bool on_update = false;
    bool on_delete = false;
    // Search queries that the version before and the one after must fit; "": not asked.
    std::string previous;
    std::string current;
    bool create_passes_previous = true;  // there is no version before a create
    bool delete_passes_current = false;  // nor one after a delete
    bool require_both = true;            // else one of the two suffices
};

struct Topic {
    std::string url;
    std::string title;
    std::string description;
    std::vector<Trigger> triggers;
    struct Filterable {
        std::string resource;  // "": of every trigger
        std::string parameter;
    };
    std::vector<Filterable> filters;
    bool elsewhere = false;  // its event is that another provider has something new about one's own Patient; no triggers, no filters
    std::string json;        // as it was read
};

// Strict: unknown members and empty topics are `invalid`.
Result<Topic> topic_from_json(std::string_view text);

// The topics of data/topics.
Result<std::vector<Topic>> builtin_topics();
// Those, and the *.json files of a folder ("": none), which may not repeat a URL.
Result<std::vector<Topic>> topics_with(const std::string& folder);

}  // namespace idun::subscriptions
