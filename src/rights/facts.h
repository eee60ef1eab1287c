// What a person has chosen, as numbered changes and as the sum of them. Bytes: docs/formats/rights-facts.md.
//
// Facts are never edited: a change begins one or ends one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "rights/choices.h"

namespace idun::rights {

inline constexpr std::size_t kFactIdBytesMax = 64;
inline constexpr std::size_t kProviderIdBytesMax = 128;  // and of units, users, entries, other references
inline constexpr std::size_t kWordBytesMax = 64;         // of a category, an element group, a purpose
inline constexpr std::size_t kBlocksMax = 1000;          // of one person
inline constexpr std::size_t kLiftsMax = 100;
inline constexpr std::size_t kMandatesMax = 100;
inline constexpr std::size_t kExceptMax = 32;              // of a block
inline constexpr std::size_t kScopesMax = 32;              // of a mandate
inline constexpr std::size_t kFactsBytesMax = 256u << 10;  // of one person, encoded

// The sum of one person's changes.
struct PersonFacts {
    std::uint64_t number = 0;          // of the newest change in it
    bool opted_out = false;            // of sharing between providers
    bool secondary_opted_out = false;  // of secondary use: no part of decisions in care
    bool protected_identity = false;
    std::vector<Block> blocks = {};  // each list by fact id, ascending
    std::vector<Lift> lifts = {};
    std::vector<Mandate> mandates = {};

    // Lives as long as this does and does not change.
    Facts facts() const { return {opted_out, protected_identity, blocks, lifts, mandates}; }
    // Nothing left that needs to be remembered.
    bool plain() const;
    friend bool operator==(const PersonFacts&, const PersonFacts&) = default;
};

// `introduce` is for one provider that begins to follow a person: it carries the whole sum.
enum class ChangeKind : std::uint8_t {
    opt_out,
    opt_in,
    secondary_opt_out,
    secondary_opt_in,
    block,
    end_block,
    lift,
    end_lift,
    mandate,
    end_mandate,
    protect,
    unprotect,
    introduce,
};
std::string_view to_string(ChangeKind kind);  // "opt-out"
std::optional<ChangeKind> change_kind_from(std::string_view text);

// Who made a change. It stays at the hub.
struct Author {
    std::string role = {};  // "patient", "representative", "clinician", ...
    std::string user_id = {};
    std::string name = {};                               // shown to the person; may be empty
    std::string provider_id = {};                        // of staff
    std::optional<crypto::Pseudonym> person = {};        // of a patient or representative
    std::optional<crypto::Pseudonym> on_behalf_of = {};  // for whom she acted
    std::string evidence = {};                           // reference of a paper
    std::string warning = {};                            // version of the warning that was acknowledged
    friend bool operator==(const Author&, const Author&) = default;
};

// What begins; of a fact that ends its id; else nothing.
using Fact = std::variant<std::monostate, std::string, Block, Lift, Mandate, PersonFacts>;

// One change, numbered by the hub over all persons, ascending.
struct FactChange {
    std::uint64_t number = 0;
    crypto::Pseudonym person = {};
    ChangeKind kind = ChangeKind::opt_out;
    Fact fact = {};
    Instant time = {};
    std::optional<Author> by = {};
    friend bool operator==(const FactChange&, const FactChange&) = default;
};
// Of the fact that begins or ends; empty: none.
std::string_view fact_id(const FactChange& change);
// `invalid` when it does not hold together.
Status check(const FactChange& change);

// A change that is in the sum already (by its number) changes nothing. Ending what is not there and beginning the same
// fact again are fine; another fact under the same id is a `conflict`. Over a bound: `too_large`. What begins makes
// room by dropping what was over at its time.
Status apply(PersonFacts& facts, const FactChange& change);

// Does a change of a person whom that provider follows concern it? Blocks and lifts that can hide or open its records,
// mandates that can open them, opt-out and protection; not the opt-out of secondary use. `before`: the sum before the
// change.
bool concerns(const FactChange& change, const PersonFacts& before, std::string_view provider_id);
// The change as it travels to that provider: without author, and without what a mandate opens elsewhere.
FactChange for_provider(FactChange change, std::string_view provider_id);
// What of the sum concerns that provider.
PersonFacts for_provider(const PersonFacts& facts, std::string_view provider_id);

// Compact JSON. Reading is strict: `corrupt`.
std::string encode(const PersonFacts& facts);
Result<PersonFacts> decode_person_facts(std::string_view bytes);
std::string encode(const FactChange& change);
Result<FactChange> decode_fact_change(std::string_view bytes);

}  // namespace idun::rights
