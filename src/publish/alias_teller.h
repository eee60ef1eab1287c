// While a key takes another's place: sees to it that the hub knows of everybody here which pseudonyms are one number, and
// remembers when it does (docs/formats/blind-key.md).
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "publish/link_teller.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// For one thread, the publisher's. What is passed by reference lives as long as this.
class AliasTeller {
public:
    struct Parts {
        store::Store& store;
        const records::Records& records;
        const Clock& clock;
        std::string provider_id;
        std::string keys;  // the names of those by which people are named, with spaces; "": there is one
        LinkTeller& links;
        LinkTeller::Send send;
        Metrics& metrics;
    };
    explicit AliasTeller(Parts parts);

    // Of patients whose pointers were just sent, before anything else is said of their numbers. Of whom the hub does not
    // take it (it does not know a key, has not all of her pointers yet, or is busy) it is asked again: nothing else waits.
    Status tell(const std::set<std::string>& patients, const store::Snapshot& snapshot);
    // The hub has forgotten something.
    Status forgotten();
    // A piece of telling of everybody, which is due once each start. How soon it goes on: 0 for at once. `renamed`: all
    // patients were named by all keys before their pointers were sent. When what the hub has is as it should be: it takes
    // the word of who holds something under both.
    Result<std::chrono::milliseconds> go_on(bool renamed);

private:
    Result<bool> say(const std::set<std::string>& patients, const store::Snapshot& snapshot);
    Status begin(const store::Snapshot& snapshot);
    Status not_told();
    Status note(std::string_view told);
    void set(bool told);

    const Parts parts_;
    Gauge& gauge_;
    bool told_ = false;
    Instant again_{0};                            // not before
    std::optional<std::set<std::string>> left_;  // patients of whom it is still to be told; nothing: of all
    std::set<std::string> refused_;              // of whom it was not taken: after those, and a while
};

}  // namespace idun::publish
