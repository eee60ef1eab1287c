// The file that shows one person that a log holds so many entries about her and that all of them are here, and opens these
// entries and no other. Bytes, and what is checked: docs/formats/person-proof.md; `idun-verify --person` reads it by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key_map.h"
#include "crypto/pseudonym.h"

namespace idun::ledger {

inline constexpr std::size_t kProvenEntriesMax = 2'000;
inline constexpr std::size_t kProvenBytesMax = 16u << 20;       // of entries, but one may be more
inline constexpr std::size_t kPersonProofBytesMax = 32u << 20;  // as text

struct ProvenLeaf {
    std::uint64_t index = 0;
    std::string bytes;
    friend bool operator==(const ProvenLeaf&, const ProvenLeaf&) = default;
};

enum class Opens : std::uint8_t {
    yes,        // `key` opens it
    closed,     // it is withheld by a decision
    forgotten,  // it and those before it have passed their retention
};

struct ProvenEntry {
    std::uint64_t sequence = 0;
    ProvenLeaf leaf;
    Opens opens = Opens::yes;
    std::string key;  // 32 bytes, of this entry alone; else empty
    friend bool operator==(const ProvenEntry&, const ProvenEntry&) = default;
};

// A value.
struct PersonProof {
    std::string log_id;
    crypto::Pseudonym person;
    ProvenLeaf root;                      // the entry with the map root
    crypto::MapProof way;                 // of her key to it
    std::vector<ProvenEntry> entries;     // newest first; at most kProvenEntriesMax and one that is forgotten
    std::optional<ProvenLeaf> forgotten;  // the entry that says so, when the oldest is
    std::optional<std::uint64_t> more;    // older ones follow from this entry on
    std::vector<crypto::Hash> hashes;     // inclusion_of_all() of all of these leaves
    std::string checkpoint;

    std::string text() const;
    // Strict: `invalid` for whatever text() does not write.
    static Result<PersonProof> from_text(std::string_view text);
    friend bool operator==(const PersonProof&, const PersonProof&) = default;
};

}  // namespace idun::ledger
