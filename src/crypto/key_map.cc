#include "crypto/key_map.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/bytes.h"

namespace idun::crypto {
namespace {

constexpr unsigned kKeyBits = 256;
constexpr std::size_t kKeysBelow = 16;  // what a change or a proof hashes anew
constexpr Hash kNoKeys{};

bool bit_of(const Hash& key, unsigned depth) { return (key.bytes[depth / 8] >> (7 - depth % 8) & 1) != 0; }

bool same_beginning(const Hash& a, const Hash& b, std::size_t bits) {
    for (unsigned depth = 0; depth < bits; ++depth)
        if (bit_of(a, depth) != bit_of(b, depth)) return false;
    return true;
}

Hash hash_of_entry(const MapEntry& entry) {
    std::string bytes(1, '\0');
    bytes += entry.key.view();
    append_be(bytes, entry.count);
    append_be(bytes, entry.last);
    return sha256(bytes);
}

Hash hash_of_pair(const Hash& left, std::uint64_t left_sum, const Hash& right, std::uint64_t right_sum) {
    std::string bytes(1, '\1');
    bytes += left.view();
    append_be(bytes, left_sum);
    bytes += right.view();
    append_be(bytes, right_sum);
    return sha256(bytes);
}

bool by_key(const MapEntry& a, const MapEntry& b) { return a.key < b.key; }

// The last change of each key, sorted.
std::vector<MapEntry> newest_of(std::span<const MapEntry> changes) {
    std::vector<const MapEntry*> order;
    for (const MapEntry& change : changes) order.push_back(&change);
    std::sort(order.begin(), order.end(), [](const MapEntry* a, const MapEntry* b) {
        return a->key != b->key ? a->key < b->key : a < b;
    });
    std::vector<MapEntry> out;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (i + 1 == order.size() || order[i]->key != order[i + 1]->key) out.push_back(*order[i]);
    return out;
}

}  // namespace

Hash map_key(std::string_view log_id, std::string_view pseudonym) { return sha256({"idun map", log_id, pseudonym}); }

KeyMap::KeyMap(std::vector<MapEntry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(), by_key);
    IDUN_CHECK(std::adjacent_find(entries_.begin(), entries_.end(), [](const MapEntry& a, const MapEntry& b) {
                   return a.key == b.key;
               }) == entries_.end());
    refresh_all();
}

void KeyMap::apply(std::span<const MapEntry> all) {
    const std::vector<MapEntry> changes = newest_of(all);
    if (!replace(changes)) merge(changes);
    if (std::bit_width(entries_.size() / kKeysBelow) != kept_depth_) return refresh_all();
    std::vector<std::size_t> leaves;
    for (const MapEntry& change : changes) {
        const std::size_t leaf = leaf_of(change.key);
        if (leaves.empty() || leaves.back() != leaf) leaves.push_back(leaf);
    }
    refresh(std::move(leaves));
}

// Where every key is there already and stays; else false, and nothing is changed that merge() does not change too.
bool KeyMap::replace(std::span<const MapEntry> changes) {
    auto at = entries_.begin();
    for (const MapEntry& change : changes) {
        at = std::lower_bound(at, entries_.end(), change, by_key);
        if (change.count == 0 || at == entries_.end() || at->key != change.key) return false;
        *at = change;
    }
    return true;
}

void KeyMap::merge(std::span<const MapEntry> changes) {
    std::vector<MapEntry> out;
    out.reserve(entries_.size() + changes.size());
    auto old = entries_.begin();
    for (const MapEntry& change : changes) {
        while (old != entries_.end() && old->key < change.key) out.push_back(*old++);
        if (old != entries_.end() && old->key == change.key) ++old;
        if (change.count != 0) out.push_back(change);
    }
    out.insert(out.end(), old, entries_.end());
    entries_ = std::move(out);
}

std::pair<KeyMap::Range, KeyMap::Range> KeyMap::split(Range range) const {
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(range.begin);
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(range.end);
    const auto right = std::partition_point(begin, end, [&](const MapEntry& e) { return !bit_of(e.key, range.depth); });
    const auto middle = static_cast<std::size_t>(right - entries_.begin());
    return {{range.begin, middle, range.depth + 1}, {middle, range.end, range.depth + 1}};
}

// The first kept_depth_ bits, as a number; there are never so many keys that it does not fit.
std::size_t KeyMap::leaf_of(const Hash& key) const {
    if (kept_depth_ == 0) return 0;
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8 | key.bytes[i];
    return static_cast<std::size_t>(first >> (64 - kept_depth_));
}

KeyMap::Range KeyMap::range_at(std::size_t leaf) const {
    const auto before = [&](std::size_t place) {
        const auto at = std::partition_point(entries_.begin(), entries_.end(),
                                             [&](const MapEntry& e) { return leaf_of(e.key) < place; });
        return static_cast<std::size_t>(at - entries_.begin());
    };
    return {before(leaf), before(leaf + 1), kept_depth_};
}

// A single key stands as high as it can.
KeyMap::Node KeyMap::join(const Node& left, const Node& right) {
    if (left.keys + right.keys < 2) return left.keys > 0 ? left : right;
    return {hash_of_pair(left.hash, left.sum, right.hash, right.sum), left.sum + right.sum, left.keys + right.keys};
}

KeyMap::Node KeyMap::node_of(Range range) const {
    if (range.begin == range.end) return {};
    if (range.end - range.begin == 1) return {hash_of_entry(entries_[range.begin]), entries_[range.begin].count, 1};
    const auto [left, right] = split(range);
    return join(node_of(left), node_of(right));
}

void KeyMap::refresh_all() {
    kept_depth_ = static_cast<unsigned>(std::bit_width(entries_.size() / kKeysBelow));
    upper_.assign((std::size_t{2} << kept_depth_) - 1, {});
    std::vector<std::size_t> leaves(std::size_t{1} << kept_depth_);
    std::iota(leaves.begin(), leaves.end(), std::size_t{0});
    refresh(std::move(leaves));
}

void KeyMap::refresh(std::vector<std::size_t> leaves) {
    std::size_t first = (std::size_t{1} << kept_depth_) - 1;  // place of the level's first node
    for (const std::size_t leaf : leaves) upper_[first + leaf] = node_of(range_at(leaf));
    while (first > 0) {
        first = (first - 1) / 2;
        for (std::size_t& node : leaves) node /= 2;
        leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
        for (const std::size_t node : leaves) {
            const std::size_t place = first + node;
            upper_[place] = join(upper_[2 * place + 1], upper_[2 * place + 2]);
        }
    }
}

MapProof KeyMap::prove(const Hash& key) const {
    MapProof out;
    std::size_t place = 0;
    unsigned depth = 0;
    const auto add = [&](const Node& sibling) { out.siblings.push_back({sibling.hash, sibling.sum}); };
    for (; depth < kept_depth_ && upper_[place].keys > 1; ++depth) {
        const bool to_right = bit_of(key, depth);
        add(upper_[to_right ? 2 * place + 1 : 2 * place + 2]);
        place = to_right ? 2 * place + 2 : 2 * place + 1;
    }
    // The keys below that place.
    const auto from = std::partition_point(entries_.begin(), entries_.end(), [&](const MapEntry& e) {
        return e.key < key && !same_beginning(e.key, key, depth);
    });
    Range range{static_cast<std::size_t>(from - entries_.begin()), 0, depth};
    range.end = range.begin + upper_[place].keys;
    while (range.end - range.begin > 1) {
        const auto [left, right] = split(range);
        const bool to_right = bit_of(key, range.depth);
        add(node_of(to_right ? left : right));
        range = to_right ? right : left;
    }
    if (range.begin != range.end) out.found = entries_[range.begin];
    return out;
}

Result<std::optional<MapEntry>> verify_map(const MapNode& root, const Hash& key, const MapProof& proof) {
    const auto wrong = [](const char* what) { return fail(Category::invalid, std::string("map proof: ") + what); };
    if (proof.siblings.size() > kKeyBits) return wrong("longer than a key");
    if (proof.found && !same_beginning(proof.found->key, key, proof.siblings.size()))
        return wrong("the other key lies elsewhere");
    // A single key stands as high as it can.
    if (!proof.siblings.empty() && proof.siblings.back().hash == kNoKeys) return wrong("longer than it must be");
    Hash hash = proof.found ? hash_of_entry(*proof.found) : kNoKeys;
    std::uint64_t sum = proof.found ? proof.found->count : 0;
    for (std::size_t depth = proof.siblings.size(); depth-- > 0;) {
        const MapNode& sibling = proof.siblings[depth];
        if (sibling.hash == kNoKeys && sibling.sum != 0) return wrong("a count without keys");
        if (sum + sibling.sum < sum) return wrong("the counts are too large");
        hash = bit_of(key, static_cast<unsigned>(depth)) ? hash_of_pair(sibling.hash, sibling.sum, hash, sum)
                                                         : hash_of_pair(hash, sum, sibling.hash, sibling.sum);
        sum += sibling.sum;
    }
    if (hash != root.hash || sum != root.sum) return wrong("it does not lead to the root");
    if (!proof.found || proof.found->key != key) return std::optional<MapEntry>();
    return proof.found;
}

}  // namespace idun::crypto
