// The hub's signed feed of changes, from which each node keeps its own copy. Bytes: docs/formats/rights-feed.md.
//
// A page without changes renews the lease. A node whose lease has run out refuses others rather than guesses.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "rights/facts.h"

namespace idun::rights {

inline constexpr std::string_view kFeedType = "idun-rights+jwt";
inline constexpr std::size_t kFeedChangesMax = 1000;    // in one page
inline constexpr std::size_t kFeedBytesMax = 1u << 20;  // of a signed page

struct FeedPage {
    std::string hub;          // issuer
    std::uint64_t after = 0;  // the changes are those with numbers after + 1, after + 2 and so on
    std::vector<FactChange> changes;
    std::uint64_t head = 0;  // newest number at the hub when it signed
    Instant issued;
    Instant lease_until;  // a copy that has reached `head` may be trusted until then
    // True when a copy that applies this page has everything.
    bool complete() const { return after + changes.size() == head; }
    friend bool operator==(const FeedPage&, const FeedPage&) = default;
};

Result<std::string> sign_page(const crypto::SigningKey& key, const FeedPage& page);

struct PageCheck {
    std::string_view hub;
    std::uint64_t after = 0;  // what this copy asked for
    Instant now;
    std::chrono::milliseconds skew{5'000};
};
// `unauthorized` when the signature, type or hub is wrong or the page was issued in the future, `conflict` when it
// continues at another number than `after`, `invalid` when it does not hold together (gaps, more than `head`).
// A page whose lease has run out is accepted: its changes are still true.
Result<FeedPage> verify_page(std::string_view token, const crypto::KeySet& keys, const PageCheck& check);

}  // namespace idun::rights
