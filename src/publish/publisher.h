// Tells the hub what this node has: registers the node in the directory, renews its lease, and sends the
// index pointers of every commit until the hub has acknowledged them.
//
// The store's change feed is the outbox: a note lies in the same transaction as the record it is about, and is
// let go only when the hub has acknowledged the pointers made from it. Sending twice is harmless.
// Whatever fails (the hub, the store, a note that cannot be read) is tried again, ever more slowly up to every few
// seconds, for as long as the publisher lives: it never gives up silently, healthy() and the log say so.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "directory/directory.h"
#include "http/client.h"
#include "publish/person_links.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

struct Options {
    std::string hub_url;                             // without a slash at the end
    directory::Organisation provider;                // who we are
    std::vector<directory::Organisation> units;
    std::string url;                                 // FHIR base of this node, as others reach it
    std::function<std::string()> assertion;          // a fresh token that says who we are
    std::chrono::milliseconds beat{5'000};           // at least this often the hub hears from us
    // So often all pointers are compared with the hub's, and what differs is corrected; sooner when the hub has forgotten
    // what it had acknowledged. 0: never.
    std::chrono::milliseconds compare_every{24 * 3'600'000};
    Random& random = system_random();
    // What an identifier of a Patient is nationally: the hub is told which numbers are one person. Empty: it is not told.
    Knows knows = {};
    // The names of the keys by which people are named here, with spaces, while there are several: the hub is told of everybody which
    // pseudonyms are one number, once each start. Empty: there is one.
    std::string several_keys = {};
    // Told when notes up to a version are not needed here any more; empty: they are trimmed.
    std::function<Status(store::Version)> done_with = {};
};

inline constexpr std::chrono::milliseconds kUnhealthyAfter{60'000};

// Up to which version of the store the hub has acknowledged what was written; 0: nothing yet.
Result<std::uint64_t> published_upto(const store::Snapshot& snapshot);

// Works on a thread of its own from start to destruction.
class Publisher {
public:
    Publisher(Options options, store::Store& store, const records::Records& records, http::Client& client,
              const Clock& clock, Metrics& metrics);
    ~Publisher();

    // Something was written: publish soon. Cheap, from any thread.
    void nudge();
    // True when the hub has acknowledged the registration and every commit so far.
    bool settled() const;
    // `unavailable`, with the last failure, when nothing has succeeded for longer than kUnhealthyAfter. Any thread.
    Status healthy() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::publish
