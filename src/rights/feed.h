// The hub's signed feed of changes, from which each node keeps its own copy. Bytes: docs/formats/rights-feed.md.
//
// Every page is for one provider and holds what concerns it; the hub's signature says that nothing else does. A page
// without changes moves the copy on or renews its lease. A node whose lease has run out refuses others rather than
// guesses. A new node, or one that has fallen far behind, reads a snapshot first.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "rights/facts.h"

namespace idun::rights {

inline constexpr std::string_view kFeedType = "idun-rights+jwt";
inline constexpr std::string_view kSnapshotType = "idun-rights-snapshot+jwt";
inline constexpr std::size_t kFeedChangesMax = 1000;    // changes or persons in one page
inline constexpr std::size_t kFeedBytesMax = 1u << 20;  // of a signed page
// Encoded changes or persons of this size in all always fit.
inline constexpr std::size_t kFeedPayloadBytesMax = 700u << 10;

struct FeedPage {
    std::string hub = {};          // issuer
    std::string provider_id = {};  // for whom
    std::uint64_t after = 0;       // the changes are all those with numbers in (after, upto] that concern the provider
    std::uint64_t upto = 0;
    std::uint64_t head = 0;  // newest number at the hub when it signed
    Instant issued = {};
    Instant lease_until = {};              // a copy that has reached `head` may be trusted until then
    std::vector<FactChange> changes = {};  // ascending, without authors
    // True when a copy that applies this page has everything.
    bool complete() const { return upto == head; }
    friend bool operator==(const FeedPage&, const FeedPage&) = default;
};
Result<std::string> sign_page(const crypto::SigningKey& key, const FeedPage& page);

struct PageCheck {
    std::string_view hub = {};
    std::string_view provider_id = {};
    std::uint64_t after = 0;  // what this copy asked for
    Instant now = {};
    std::chrono::milliseconds skew{5'000};
};
// `unauthorized` when the signature, type, hub or provider is wrong or the page was issued in the future, `conflict`
// when it continues at another number than `after`, `invalid` when it does not hold together. A page whose lease has
// run out is accepted: its changes are still true.
Result<FeedPage> verify_page(std::string_view token, const crypto::KeySet& keys, const PageCheck& check);

struct PersonRow {
    crypto::Pseudonym person = {};
    PersonFacts facts;
    friend bool operator==(const PersonRow&, const PersonRow&) = default;
};

// A part of all that concerns a provider. The parts come in the order of the persons. Their numbers never fall; the
// feed goes on after the number of the first part, and what the later ones hold already is skipped person by person.
struct SnapshotPage {
    std::string hub = {};
    std::string provider_id = {};
    std::uint64_t number = 0;                     // at which it was read
    std::optional<crypto::Pseudonym> after = {};  // the persons are those behind this one; nothing: from the first
    bool last = false;
    Instant issued = {};
    std::vector<PersonRow> persons = {};  // ascending
    friend bool operator==(const SnapshotPage&, const SnapshotPage&) = default;
};
Result<std::string> sign_snapshot(const crypto::SigningKey& key, const SnapshotPage& page);

struct SnapshotCheck {
    std::string_view hub = {};
    std::string_view provider_id = {};
    std::optional<std::uint64_t> number = {};     // of the first part; nothing when this is it
    std::optional<crypto::Pseudonym> after = {};  // what this copy asked for
    Instant now = {};
    std::chrono::milliseconds skew{5'000};
};
// As verify_page(); `conflict` too when it is older than the first part.
Result<SnapshotPage> verify_snapshot(std::string_view token, const crypto::KeySet& keys, const SnapshotCheck& check);

}  // namespace idun::rights
