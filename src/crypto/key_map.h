// A map whose root proves, for each key, what stands under it or that nothing does: a sparse Merkle tree over SHA-256,
// with sums. A log keeps it by person: how many entries about her there are, and which is the newest, so that her list can
// be proven whole without showing anybody else's; and the root counts the entries of all.
//
// The node over the keys that begin with the same bits has a hash and a sum. Without keys: 32 zero bytes, 0; with one key:
// SHA-256(00 key count last), its count; with more: SHA-256(01 left-hash left-sum right-hash right-sum), left + right,
// where left is the node over those whose next bit is 0. Numbers are 8 bytes big endian. The root is the node over all keys.
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

struct MapNode {
    Hash hash;
    std::uint64_t sum = 0;
    friend bool operator==(const MapNode&, const MapNode&) = default;
};

struct MapProof {
    std::vector<MapNode> siblings;  // of the nodes on the way, the one below the root first
    std::optional<MapEntry> found;  // the only key at the way's end: the one asked for, or another
    friend bool operator==(const MapProof&, const MapProof&) = default;
};

// A value; one thread at a time. About 52 bytes a key. Making it takes two hashes a key, a change of one key at most 50, a
// proof as many.
class KeyMap {
public:
    KeyMap() : KeyMap(std::vector<MapEntry>()) {}
    // In any order; each key once.
    explicit KeyMap(std::vector<MapEntry> entries);

    // Replaces and adds; a count of 0 takes the key away. Of several changes of one key the last counts.
    void apply(std::span<const MapEntry> changes);

    MapNode root() const { return {upper_.front().hash, upper_.front().sum}; }
    std::size_t size() const { return entries_.size(); }
    MapProof prove(const Hash& key) const;

private:
    struct Node {
        Hash hash;
        std::uint64_t sum = 0;
        std::uint32_t keys = 0;
    };
    // The entries whose keys begin with the same `depth` bits.
    struct Range {
        std::size_t begin;
        std::size_t end;
        unsigned depth;
    };
    static Node join(const Node& left, const Node& right);
    std::pair<Range, Range> split(Range range) const;
    Range range_at(std::size_t leaf) const;
    std::size_t leaf_of(const Hash& key) const;
    Node node_of(Range range) const;
    // Hashes these places of the lowest kept level anew, and all above them. Rising.
    void refresh(std::vector<std::size_t> leaves);
    void refresh_all();
    bool replace(std::span<const MapEntry> changes);
    void merge(std::span<const MapEntry> changes);

    std::vector<MapEntry> entries_;  // sorted
    unsigned kept_depth_ = 0;
    std::vector<Node> upper_;  // down to kept_depth_: the root, its two children, their four …
};

// What the proof says of the key: its entry, or nothing when there is none. `invalid` when it does not lead to the
// root.
Result<std::optional<MapEntry>> verify_map(const MapNode& root, const Hash& key, const MapProof& proof);

}  // namespace idun::crypto
