// The Merkle tree of RFC 9162 (and RFC 6962) with SHA-256: hashes, the right edge of a growing tree, and proofs that an
// entry is in a tree and that one tree is the beginning of another.
//
//     CompactRange range;
//     range.append(leaf_hash(entry));
//     range.root();
//     verify_inclusion(index, size, leaf_hash(entry), path, root);   // an error says what is wrong
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace idun::crypto {

Hash leaf_hash(std::string_view entry);
Hash node_hash(const Hash& left, const Hash& right);
// Of a tree without entries: the hash of nothing.
Hash empty_root();

// The whole subtrees that a tree from 0 to size consists of, the largest first: all that is needed to go on. A value;
// one thread at a time.
class CompactRange {
public:
    void append(const Hash& leaf);
    std::uint64_t size() const { return size_; }
    Hash root() const;
    std::span<const Hash> edge() const { return edge_; }
    // `edge` has one hash for each bit of `size` that is set.
    static CompactRange from(std::uint64_t size, std::vector<Hash> edge);

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> edge_;
};

// The hash over the 2^level leaves from index * 2^level on. Proofs ask only for subtrees that are whole in the tree.
using SubtreeHashes = std::function<Result<Hash>(unsigned level, std::uint64_t index)>;

// The root and the right edge of the tree of `size` leaves.
Result<CompactRange> compact_range(std::uint64_t size, const SubtreeHashes& hashes);
// RFC 9162 §2.1.3.1. `invalid` unless index < size.
Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size, const SubtreeHashes& hashes);
// RFC 9162 §2.1.4.1. `invalid` unless 0 < first <= second. Empty when they are equal.
Result<std::vector<Hash>> consistency_proof(std::uint64_t first, std::uint64_t second, const SubtreeHashes& hashes);

// For many entries at once, `indexes` rising: the other subtrees that the root needs, from left to right. A subtree that
// holds none of them is one hash, a leaf of them none, every other its left part and then its right one.
Result<std::vector<Hash>> inclusion_of_all(std::span<const std::uint64_t> indexes, std::uint64_t size,
                                           const SubtreeHashes& hashes);

// RFC 9162 §2.1.3.2. A path of any other length than the one that belongs to index and size is refused.
Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, std::span<const Hash> path,
                        const Hash& root);
// RFC 9162 §2.1.4.2. That a tree begins with the empty tree proves nothing: first = 0 is refused.
Status verify_consistency(std::uint64_t first, std::uint64_t second, std::span<const Hash> path, const Hash& root1,
                          const Hash& root2);

}  // namespace idun::crypto
