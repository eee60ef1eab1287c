#include "crypto/merkle.h"

#include <algorithm>
#include <bit>

namespace idun::crypto {
namespace {

constexpr std::string_view kLeafPrefix("\0", 1);
constexpr std::string_view kNodePrefix("\1", 1);

// The largest power of two below `count`; count > 1.
std::uint64_t split(std::uint64_t count) { return std::bit_floor(count - 1); }

// A tree of the leaves from `begin` on, which is a multiple of the largest power of two in `count`.
struct Range {
    std::uint64_t begin;
    std::uint64_t count;

    Range left() const { return {begin, split(count)}; }
    Range right() const { return {begin + split(count), count - split(count)}; }
    bool holds(std::uint64_t index) const { return index >= begin && index - begin < count; }
};

Result<Hash> hash_of(Range range, const SubtreeHashes& hashes) {
    if (std::has_single_bit(range.count)) {
        const auto level = static_cast<unsigned>(std::countr_zero(range.count));
        return hashes(level, range.begin >> level);
    }
    TRY_ASSIGN(const Hash left, hash_of(range.left(), hashes));
    TRY_ASSIGN(const Hash right, hash_of(range.right(), hashes));
    return node_hash(left, right);
}

tl::unexpected<Error> wrong(std::string_view what) { return fail(Category::invalid, "merkle: " + std::string(what)); }

// `indexes` are those in the range, and there is one.
Status add_others(std::span<const std::uint64_t> indexes, Range range, const SubtreeHashes& hashes,
                  std::vector<Hash>& out) {
    if (range.count == 1) return {};
    const auto middle = std::lower_bound(indexes.begin(), indexes.end(), range.right().begin);
    const std::span<const std::uint64_t> parts[] = {{indexes.begin(), middle}, {middle, indexes.end()}};
    const Range ranges[] = {range.left(), range.right()};
    for (const int side : {0, 1}) {
        if (!parts[side].empty()) {
            TRY(add_others(parts[side], ranges[side], hashes, out));
            continue;
        }
        TRY_ASSIGN(const Hash hash, hash_of(ranges[side], hashes));
        out.push_back(hash);
    }
    return {};
}

Status check_sizes(std::uint64_t first, std::uint64_t second) {
    if (first == 0) return wrong("the empty tree is the beginning of every tree");
    if (first > second) return wrong("the first tree is larger than the second");
    return {};
}

// Goes up from a node to the root, where `last` is the last node of the level, and says of each hash of the path on
// which side it stands. A last node without a sibling is its own parent, so that such levels take nothing from the
// path.
template <typename Left, typename Right>
Status climb(std::uint64_t node, std::uint64_t last, std::span<const Hash> path, Left left, Right right) {
    for (const Hash& sibling : path) {
        if (last == 0) return wrong("the path is too long");
        if ((node & 1) != 0 || node == last) {
            left(sibling);
            const int alone = std::countr_zero(node);  // node is not 0 here
            node >>= alone;
            last >>= alone;
        } else {
            right(sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong("the path is too short");
    return {};
}

}  // namespace

Hash leaf_hash(std::string_view entry) { return sha256({kLeafPrefix, entry}); }
Hash node_hash(const Hash& left, const Hash& right) { return sha256({kNodePrefix, left.view(), right.view()}); }
Hash empty_root() { return sha256(""); }

void CompactRange::append(const Hash& leaf) {
    Hash hash = leaf;
    // Each bit that the addition carries over joins two subtrees of one size.
    for (std::uint64_t carried = size_; (carried & 1) != 0; carried >>= 1) {
        hash = node_hash(edge_.back(), hash);
        edge_.pop_back();
    }
    edge_.push_back(hash);
    ++size_;
}

Hash CompactRange::root() const {
    if (edge_.empty()) return empty_root();
    Hash hash = edge_.back();
    for (std::size_t i = edge_.size() - 1; i-- > 0;) hash = node_hash(edge_[i], hash);
    return hash;
}

CompactRange CompactRange::from(std::uint64_t size, std::vector<Hash> edge) {
    IDUN_CHECK(static_cast<std::size_t>(std::popcount(size)) == edge.size());
    CompactRange out;
    out.size_ = size;
    out.edge_ = std::move(edge);
    return out;
}

Result<CompactRange> compact_range(std::uint64_t size, const SubtreeHashes& hashes) {
    std::vector<Hash> edge;
    for (std::uint64_t begin = 0; begin < size;) {
        const std::uint64_t count = std::bit_floor(size - begin);
        TRY_ASSIGN(const Hash hash, hash_of({begin, count}, hashes));
        edge.push_back(hash);
        begin += count;
    }
    return CompactRange::from(size, std::move(edge));
}

Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size, const SubtreeHashes& hashes) {
    if (index >= size) return wrong("the tree does not have that entry");
    std::vector<Hash> path;
    for (Range range{0, size}; range.count > 1;) {
        const bool left = range.left().holds(index);
        TRY_ASSIGN(const Hash sibling, hash_of(left ? range.right() : range.left(), hashes));
        path.push_back(sibling);
        range = left ? range.left() : range.right();
    }
    std::reverse(path.begin(), path.end());
    return path;
}

Result<std::vector<Hash>> inclusion_of_all(std::span<const std::uint64_t> indexes, std::uint64_t size,
                                           const SubtreeHashes& hashes) {
    if (indexes.empty() || indexes.back() >= size || !std::is_sorted(indexes.begin(), indexes.end()))
        return wrong("the tree does not have these entries");
    std::vector<Hash> out;
    TRY(add_others(indexes, {0, size}, hashes, out));
    return out;
}

Result<std::vector<Hash>> consistency_proof(std::uint64_t first, std::uint64_t second, const SubtreeHashes& hashes) {
    TRY(check_sizes(first, second));
    std::vector<Hash> path;
    // Down along the right edge of the first tree, to where it is a whole subtree of the second.
    Range range{0, second};
    while (range.begin + range.count != first) {
        const bool left = first <= range.left().begin + range.left().count;
        TRY_ASSIGN(const Hash sibling, hash_of(left ? range.right() : range.left(), hashes));
        path.push_back(sibling);
        range = left ? range.left() : range.right();
    }
    // The verifier has that subtree already when it is the whole first tree.
    if (range.begin != 0) {
        TRY_ASSIGN(const Hash hash, hash_of(range, hashes));
        path.push_back(hash);
    }
    std::reverse(path.begin(), path.end());
    return path;
}

Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, std::span<const Hash> path,
                        const Hash& root) {
    if (index >= size) return wrong("the tree does not have that entry");
    Hash hash = leaf;
    TRY(climb(
        index, size - 1, path, [&](const Hash& left) { hash = node_hash(left, hash); },
        [&](const Hash& right) { hash = node_hash(hash, right); }));
    if (hash != root) return wrong("the path does not lead to the root");
    return {};
}

Status verify_consistency(std::uint64_t first, std::uint64_t second, std::span<const Hash> path, const Hash& root1,
                          const Hash& root2) {
    TRY(check_sizes(first, second));
    if (first == second) {
        if (!path.empty()) return wrong("the path is too long");
        if (root1 != root2) return wrong("two roots of one size");
        return {};
    }
    // The largest subtree that ends where the first tree ends is common to both.
    const int level = std::countr_zero(first);
    Hash hash1 = root1;  // when it is all of the first tree
    if (!std::has_single_bit(first)) {
        if (path.empty()) return wrong("the path is too short");
        hash1 = path.front();
        path = path.subspan(1);
    }
    Hash hash2 = hash1;
    TRY(climb((first - 1) >> level, (second - 1) >> level, path,
              [&](const Hash& left) {
                  hash1 = node_hash(left, hash1);
                  hash2 = node_hash(left, hash2);
              },
              [&](const Hash& right) { hash2 = node_hash(hash2, right); }));
    if (hash1 != root1) return wrong("the path does not lead to the first root");
    if (hash2 != root2) return wrong("the path does not lead to the second root");
    return {};
}

}  // namespace idun::crypto
