// What a person has chosen, as numbered changes and as the sum of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "rights/decide.h"

namespace idun::rights {

inline constexpr std::size_t kFactIdBytesMax = 64;
inline constexpr std::size_t kProviderIdBytesMax = 128;
inline constexpr std::size_t kBlocksMax = 1000;  // of one person

// `nothing` stands in a feed page for a change that does not concern whoever asked: only its number remains.
enum class ChangeKind : std::uint8_t { opt_out, opt_in, block, unblock, nothing };
std::string_view to_string(ChangeKind kind);  // "opt-out"
std::optional<ChangeKind> change_kind_from(std::string_view text);

// One change, numbered 1, 2, 3 and so on over all persons by the hub.
struct FactChange {
    std::uint64_t number = 0;
    crypto::Pseudonym person;
    ChangeKind kind = ChangeKind::opt_out;
    std::string provider_id;  // whose records a block hides; empty for opt-out and opt-in
    std::string fact_id;      // of the block; empty for opt-out and opt-in
    Instant time;
    friend bool operator==(const FactChange&, const FactChange&) = default;
};
// The change as a provider's node gets it: blocks of other providers' records become `nothing`, without person,
// ids and time, since who hides what from whom is nobody else's business.
FactChange as_seen_by(const FactChange& change, std::string_view provider_id);
// `invalid` when it does not hold together.
Status check(const FactChange& change);

// The sum of one person's changes.
struct PersonFacts {
    std::uint64_t number = 0;  // of the newest change in it
    bool opted_out = false;
    std::vector<Block> blocks;  // by fact id, ascending

    // Lives as long as this does and does not change.
    Facts facts() const { return {opted_out, blocks}; }
    // Nothing left that needs to be remembered.
    bool plain() const { return !opted_out && blocks.empty(); }
    friend bool operator==(const PersonFacts&, const PersonFacts&) = default;
};

// A change that is in the sum already (by its number) changes nothing. Unblocking what is not blocked and
// blocking again under the same fact id with the same provider are fine; with another provider: `conflict`.
// More than kBlocksMax blocks: `too_large`.
Status apply(PersonFacts& facts, const FactChange& change);

// Compact JSON, for the store of whoever keeps them. Reading is strict: `corrupt`.
std::string encode(const PersonFacts& facts);
Result<PersonFacts> decode_person_facts(std::string_view bytes);
std::string encode(const FactChange& change);
Result<FactChange> decode_fact_change(std::string_view bytes);

// Everybody's facts in memory. One thread at a time.
class FactBook {
public:
    // Number of the newest change applied; 0: none.
    std::uint64_t number() const { return number_; }
    // In order. Changes that are in already are skipped; `conflict` at a gap, and then nothing is applied.
    Status apply(const std::vector<FactChange>& changes);
    // Those of somebody unknown are plain.
    const PersonFacts& of(const crypto::Pseudonym& person) const;

private:
    std::uint64_t number_ = 0;
    std::map<crypto::Pseudonym, PersonFacts> persons_;
};

}  // namespace idun::rights
