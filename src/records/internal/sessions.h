// What is left of searches whose first page has been given: which resources matched, in order, at which version.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "records/internal/cache.h"
#include "records/internal/keys.h"
#include "search/query.h"
#include "store/store.h"

namespace idun::records {

struct Match {
    std::string order;       // smaller comes first; then by type and id
    std::uint8_t type = 0;   // number
    Partition partition = 0;
    std::string id;
    std::string row;         // its value while there are few; "" in a session
    std::shared_ptr<const CachedResource> known = nullptr;  // or the resource itself
};

// Immutable once kept.
struct Session {
    std::string owner;
    std::string path;       // what pages are addressed under: "Observation", "Patient/1/Condition", "" for the system
    store::Version version;
    std::size_t count = 0;  // entries of a page
    std::shared_ptr<const search::Query> query;
    std::vector<Match> matches;
    std::size_t bytes() const;
};

struct SessionBounds {
    std::size_t sessions_max;
    std::size_t bytes_max;
    std::chrono::milliseconds time;
};

// Thread-safe. Bounded in number, bytes and time: the oldest makes room. One owner has a quarter of the sessions and half of
// the bytes at most, so that nobody pushes out everybody's pages.
class Sessions {
public:
    Sessions(SessionBounds bounds, const Clock& clock, Random& random) : bounds_(bounds), clock_(clock), random_(random) {}

    // A token that nobody can guess; "" when the session alone is over its owner's bounds.
    std::string keep(std::shared_ptr<const Session> session);
    // Null when there is none (any more) or it is another owner's.
    std::shared_ptr<const Session> find(std::string_view token, std::string_view owner);

private:
    struct Kept {
        std::string token;
        std::shared_ptr<const Session> session;
        Instant until;
        std::size_t bytes = 0;
    };
    struct Share {
        std::size_t sessions = 0;
        std::size_t bytes = 0;
    };
    void drop(std::list<Kept>::iterator one);

    const SessionBounds bounds_;
    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    std::list<Kept> kept_;  // oldest first
    std::unordered_map<std::string, std::list<Kept>::iterator> by_token_;
    std::unordered_map<std::string, Share> shares_;  // by owner
    std::size_t bytes_ = 0;
};

}  // namespace idun::records
