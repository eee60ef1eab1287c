// Whether the hub's index says of this node what the node has told it, and whether the node's own account of that is
// right.
//
// A comparison holds the account (told.h) against the hub's index by sums, and corrects what differs there. A walk
// reads all records, a piece at a time while publishing goes on, mends the account by them, and tells again who has
// several numbers. docs/formats/index.md.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "index/comparison.h"
#include "publish/link_teller.h"
#include "publish/own_pointers.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// Sends something to the hub, and gives what it answered.
using SendToHub = std::function<Result<std::string>(std::string method, const std::string& path, std::string body)>;

// What the hub had heard of this node, and what it has now.
struct HubHeard {
    std::uint64_t before = 0;        // up to which version, before a batch
    std::uint64_t acknowledged = 0;  // up to which it had acknowledged
    std::uint64_t now = 0;           // up to which the batch told it
};

// For one thread, the publisher's. All that is passed by reference lives as long as this.
struct ComparerParts {
    store::Store& store;
    const records::Records& records;
    const Clock& clock;
    Random& random;
    std::string provider_id;
    std::chrono::milliseconds every;  // 0: never
    LinkTeller* links;                // null: nobody's numbers are told
    SendToHub send;
    std::function<Status(std::span<const index::Pointer>)>
        correct;  // tells the hub these; what it had heard comes to `heard`
    Metrics& metrics;
};
class Comparer {
public:
    explicit Comparer(ComparerParts parts);

    // After each batch. A hub that has forgotten something, or heard more than there is here, is compared with at once;
    // of the former a walk is due as well, also for the process after this one.
    Status heard(const HubHeard& heard);
    // The hub was told so.
    void told(std::span<const index::Pointer> pointers);
    // Does a piece of what is due. True when there is more of it. `done`: the version up to which the hub has
    // everything.
    Result<bool> go_on(std::uint64_t done);

private:
    Result<bool> begin();
    Result<bool> walk();
    Status read_again(std::vector<index::Pointer>& pointers);
    Result<bool> tell_links_left();
    Status compare_with(std::span<const index::Pointer> pointers);
    Result<std::vector<index::Pointer>> corrections_of(std::span<const index::Difference> differences) const;

    const ComparerParts parts_;
    Counter& comparisons_;
    Counter& corrected_;
    Counter& walks_;
    Counter& strayed_;
    std::uint64_t done_ = 0;
    std::optional<Instant> compared_;  // when all was last compared; nothing: is due. After start it is soon
    bool went_back_ = false;           // the hub has heard more than there is here: our store is an older copy
    bool forgotten_ = false;           // the hub has heard less than we told it: also of links, which only a walk finds
    std::optional<OwnPointers> own_;   // of a walk that has begun
    std::set<crypto::Pseudonym> newer_;  // of whom the hub was told since it began
    std::set<std::string> links_left_;   // patients whose links the last walk has still to say again
};

}  // namespace idun::publish
