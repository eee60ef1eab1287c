// Does a change make an event?
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "records/change_note.h"
#include "records/records.h"
#include "subscriptions/subscription.h"

namespace idun::subscriptions {

// Queries that were read, for the writes to come: each is read once. Used by one thread.
class Questions {
public:
    explicit Questions(const records::Records& records) : records_(records) {}
    const records::Records& records() const { return records_; }
    // Valid until the next call. Null when it cannot be asked of that type, which is logged once.
    const records::Records::Question* find(const std::string& type, const std::string& name, const std::string& value);
    std::size_t read() const { return read_; }  // so many queries, so far

private:
    static constexpr std::size_t kKeptMax = 20'000;
    const records::Records& records_;
    std::map<std::string, std::optional<records::Records::Question>> kept_;
    std::size_t read_ = 0;
};

// One written resource with the versions around the write, which are read when a question needs them. Used by one thread.
class WrittenResource {
public:
    WrittenResource(const records::NotedWrite& write, Questions& questions)
        : write_(write), records_(questions.records()), questions_(questions) {}

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
    Questions& questions_;
    Version before_;
    Version after_;
};

}  // namespace idun::subscriptions
