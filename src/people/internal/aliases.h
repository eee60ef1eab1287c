// Which pseudonyms are one number under several keys (docs/formats/person-links.md): in memory some 70 bytes each,
// since while a key takes another's place everybody has two. For one thread at a time.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "base/time.h"
#include "crypto/pseudonym_ring.h"
#include "people/links.h"

namespace idun::people {

inline constexpr std::string_view kAliasRows = "personlkA";

// The two in any order.
std::string alias_row(const AliasPair& pair);
std::string encode_alias(const AliasPair& pair, Instant time, const By& by);
struct AliasStatement {
    AliasPair pair;
    Instant time;
    By by;
};
Result<AliasStatement> decode_alias(std::string_view key, std::string_view value);

class Aliases {
public:
    // All pseudonyms of the same number; itself alone when nothing was said of it.
    std::vector<crypto::Pseudonym> all(const crypto::Pseudonym& one) const;
    bool known(const crypto::Pseudonym& one) const { return places_.contains(one); }
    bool same(const crypto::Pseudonym& one, const crypto::Pseudonym& other) const;
    // The name of its key, where it is known.
    std::optional<std::string_view> key_of(const crypto::Pseudonym& one) const;
    std::size_t size() const { return places_.size(); }

    // Whether both can be one number: no pseudonym has two keys, and no number two pseudonyms under one key.
    bool fits(const AliasPair& pair) const;
    // Of two that fit and are not the same yet.
    void join(const AliasPair& pair);
    // Those among the members, who are one with nobody else, are from now on what the pairs say; what they were before.
    std::vector<AliasPair> replace(const std::set<crypto::Pseudonym>& members, std::span<const AliasPair> pairs);
    // Takes the last join back that has not been taken back.
    void part(const AliasPair& pair);

private:
    // The pseudonyms of a number are a ring: each leads to the next one.
    struct Place {
        crypto::Pseudonym next;
        std::uint8_t key = 0;  // place in keys_
    };
    // From then on each is alone and unknown; what they were.
    std::vector<crypto::Alias> dissolve(const crypto::Pseudonym& one);
    Place& place_of(const crypto::Alias& one);
    std::unordered_map<crypto::Pseudonym, Place> places_;
    std::vector<std::string> keys_;
};

// All that was said among these.
Result<std::vector<AliasStatement>> statements_among(const store::Snapshot& snapshot, const std::set<crypto::Pseudonym>& members);

// Statements heard one after another: what does not fit those before it goes, and what may not be.
struct Heard {
    std::vector<AliasPair> kept;
    std::vector<AliasPair> by_hub;  // of those
    std::vector<AliasStatement> gone;
};
Heard hear(std::span<const AliasStatement> said, FunctionRef<bool(const Aliases& before, const AliasPair& pair)> may_be);

}  // namespace idun::people
