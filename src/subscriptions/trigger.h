// Does a change make an event?
#pragma once

#include <optional>

#include "base/result.h"
#include "records/change_note.h"
#include "records/records.h"
#include "subscriptions/subscription.h"

namespace idun::subscriptions {

// One written resource with the versions around the write, which are read when a question needs them. Used by one thread.
class WrittenResource {
public:
    WrittenResource(const records::NotedWrite& write, const records::Records& records) : write_(write), records_(records) {}

    // By a trigger of the topic.
    Result<bool> triggers(const Topic& topic);
    // By every filter that holds for it. A filter that can no longer be asked lets nothing through.
    Result<bool> passes(const Subscription& subscription);

private:
    struct Version {
        bool read = false;
        std::optional<json::Document> document;  // none: there is no such version, or it is a tombstone
    };
    Result<bool> triggers(const Trigger& trigger);
    Result<bool> passes(const Filter& filter);
    // `absent` is the answer when there is no such version.
    Result<bool> fits(Version& version, std::uint64_t number, const records::Parameters& query, bool absent);
    Result<bool> fits(Version& version, std::uint64_t number, const std::string& query, bool absent);
    Status read(Version& version, std::uint64_t number);

    const records::NotedWrite& write_;
    const records::Records& records_;
    Version before_;
    Version after_;
};

}  // namespace idun::subscriptions
