// A map whose root proves, for each key, what stands under it or that nothing does: a sparse Merkle tree over SHA-256.
// A log keeps it by person: how many entries about her there are, and which is the newest, so that her list can be
// proven whole without showing anybody else's.
//
// The node over the keys that begin with the same bits: without keys 32 zero bytes; with one key
// SHA-256(00 key count last), numbers as 8 bytes big endian; with more SHA-256(01 left right), where left is the node
// over those whose next bit is 0. The root is the node over all keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace idun::crypto {

struct MapEntry {
    Hash key;
    std::uint64_t count = 0;
    std::uint64_t last = 0;
    friend bool operator==(const MapEntry&, const MapEntry&) = default;
};

// SHA-256("idun map" log id, pseudonym): so that two logs' maps have nothing in common. Pseudonyms are of one length.
Hash map_key(std::string_view log_id, std::string_view pseudonym);

struct MapProof {
    std::vector<Hash> siblings;     // of the nodes on the way, the one below the root first
    std::optional<MapEntry> found;  // the only key at the way's end: the one asked for, or another
    friend bool operator==(const MapProof&, const MapProof&) = default;
};

// Immutable; thread-safe. Takes about two hashes a key to make, and 130 for a proof.
class KeyMap {
public:
    // In any order; each key once.
    explicit KeyMap(std::vector<MapEntry> entries);

    const Hash& root() const { return upper_.front(); }
    std::size_t size() const { return entries_.size(); }
    MapProof prove(const Hash& key) const;

private:
    // The entries whose keys begin with the same `depth` bits.
    struct Range {
        std::size_t begin;
        std::size_t end;
        unsigned depth;
    };
    std::pair<Range, Range> split(Range range) const;
    Hash hash_of(Range range) const;
    // As hash_of, from what was kept of the upper levels; `place` is that of the node among all of its tree.
    Hash kept(Range range, std::size_t place) const;
    Hash fill(Range range, std::size_t place);

    std::vector<MapEntry> entries_;  // sorted
    unsigned kept_depth_ = 0;
    std::vector<Hash> upper_;  // down to kept_depth_: the root, its two children, their four …
};

// What the proof says of the key: its entry, or nothing when there is none. `invalid` when it does not lead to the
// root.
Result<std::optional<MapEntry>> verify_map(const Hash& root, const Hash& key, const MapProof& proof);

}  // namespace idun::crypto
