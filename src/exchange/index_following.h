// Following the index: of whom is something new since a place that the follower names? Each person is decided when she is
// asked about, as in a search; nothing is kept for any follower. Why so: docs/decisions/0063-following-the-index.md; on the
// wire: docs/formats/index.md.
//
//     IndexPlace place = following.here();
//     TRY_ASSIGN(const auto news, following.news(follower, place, 200));   // each person in it: entry(), before she is told
//     place = news.after;
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/gather.h"

namespace idun::exchange {

// Who follows: a system, of persons of whom its provider has pointers; or a person, of herself.
struct IndexFollower {
    trust::Requester requester;
    std::optional<crypto::Pseudonym> herself;
    bool care_relation = false;  // as the system declares, for all of whom it hears
    std::string request_id = {};
};

// Where a follower goes on. Followers give back what they got and need not know what is in it.
struct IndexPlace {
    store::Version version;
    Instant at;  // when it was given; to the second
    // On the way through what was learned since then, in the order of pseudonyms; behind it comes `version`. It names no pseudonym: that
    // may be one of whom the follower is not told.
    struct CatchUp {
        Instant since;           // to the second
        std::uint16_t next = 0;  // the first 16 bits of those who come next
        friend bool operator==(const CatchUp&, const CatchUp&) = default;
    };
    std::optional<CatchUp> catch_up;

    std::string text() const;
    static std::optional<IndexPlace> from_text(std::string_view text);
    friend bool operator==(const IndexPlace&, const IndexPlace&) = default;
};

struct IndexNews {
    // Each number once, in the order of changes: under it the follower knows the person. Of one with several numbers each that it knows.
    std::vector<crypto::Pseudonym> persons;
    IndexPlace after;
};

// Thread-safe. What is passed by reference lives as long as it.
class IndexFollowing {
public:
    IndexFollowing(const Exchange& exchange, const index::Index& index, const people::Links& links, const rights::RuleTable& rules,
                   const Clock& clock);

    // `forbidden` where the follower is told nothing of anybody, whatever people choose.
    Status may_follow(const IndexFollower& follower) const;

    IndexPlace here() const;
    // Goes on until there are `count` to tell of or nothing is left: a short answer would say that something was withheld.
    // `gone` when the place is too old, `busy` while somebody else catches up.
    Result<IndexNews> news(const IndexFollower& follower, const IndexPlace& after, std::size_t count) const;
    // The log entry of a person in it.
    ledger::Access entry(const IndexFollower& follower, const crypto::Pseudonym& person, store::Version seen) const;

private:
    using Known = std::vector<crypto::Pseudonym>;
    Result<Known> known_as(const IndexFollower& follower, const crypto::Pseudonym& person) const;
    Result<Known> told_as(const IndexFollower& follower, const index::Change& change) const;
    Result<IndexNews> remembered(const IndexFollower& follower, const IndexPlace& after, std::size_t count) const;
    Result<IndexPlace> by_time(const IndexPlace& place) const;
    Result<IndexNews> catch_up(const IndexFollower& follower, IndexPlace place, std::size_t count) const;
    Result<index::Index::Learned> learned(const IndexFollower& follower, const IndexPlace::CatchUp& from) const;

    const Exchange& exchange_;
    const index::Index& index_;
    const people::Links& links_;
    const rights::RuleTable& rules_;
    const Clock& clock_;
    const Instant started_;  // places of before are of another run: their versions may be of another store
    mutable std::mutex walking_;  // through the whole index: one follower at a time
};

}  // namespace idun::exchange
