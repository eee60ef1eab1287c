#include "crypto/key_map.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "crypto/merkle.h"

namespace idun::crypto {
namespace {

constexpr unsigned kKeyBits = 256;
constexpr std::size_t kKeysBelow = 64;  // what a proof hashes anew
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

}  // namespace

Hash map_key(std::string_view log_id, std::string_view pseudonym) { return sha256({"idun map", log_id, pseudonym}); }

KeyMap::KeyMap(std::vector<MapEntry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(), [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; });
    IDUN_CHECK(std::adjacent_find(entries_.begin(), entries_.end(), [](const MapEntry& a, const MapEntry& b) {
                   return a.key == b.key;
               }) == entries_.end());
    kept_depth_ = static_cast<unsigned>(std::bit_width(entries_.size() / kKeysBelow));
    upper_.resize((std::size_t{2} << kept_depth_) - 1);
    fill({0, entries_.size(), 0}, 0);
}

std::pair<KeyMap::Range, KeyMap::Range> KeyMap::split(Range range) const {
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(range.begin);
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(range.end);
    const auto right = std::partition_point(begin, end, [&](const MapEntry& e) { return !bit_of(e.key, range.depth); });
    const auto middle = static_cast<std::size_t>(right - entries_.begin());
    return {{range.begin, middle, range.depth + 1}, {middle, range.end, range.depth + 1}};
}

Hash KeyMap::hash_of(Range range) const {
    if (range.begin == range.end) return kNoKeys;
    if (range.end - range.begin == 1) return hash_of_entry(entries_[range.begin]);
    const auto [left, right] = split(range);
    return node_hash(hash_of(left), hash_of(right));
}

Hash KeyMap::kept(Range range, std::size_t place) const {
    return range.depth <= kept_depth_ ? upper_[place] : hash_of(range);
}

Hash KeyMap::fill(Range range, std::size_t place) {
    Hash& hash = upper_[place];
    if (range.depth == kept_depth_ || range.end - range.begin < 2) {
        hash = hash_of(range);
        // Below a single key nobody looks.
        return hash;
    }
    const auto [left, right] = split(range);
    const Hash below = fill(left, 2 * place + 1);
    hash = node_hash(below, fill(right, 2 * place + 2));
    return hash;
}

MapProof KeyMap::prove(const Hash& key) const {
    MapProof out;
    Range range{0, entries_.size(), 0};
    std::size_t place = 0;
    while (range.end - range.begin > 1) {
        const auto [left, right] = split(range);
        const bool to_right = bit_of(key, range.depth);
        // Beyond the kept levels the place means nothing, and is not used.
        out.siblings.push_back(to_right ? kept(left, 2 * place + 1) : kept(right, 2 * place + 2));
        place = to_right ? 2 * place + 2 : 2 * place + 1;
        range = to_right ? right : left;
    }
    if (range.begin != range.end) out.found = entries_[range.begin];
    return out;
}

Result<std::optional<MapEntry>> verify_map(const Hash& root, const Hash& key, const MapProof& proof) {
    const auto wrong = [](const char* what) { return fail(Category::invalid, std::string("map proof: ") + what); };
    if (proof.siblings.size() > kKeyBits) return wrong("longer than a key");
    if (proof.found && !same_beginning(proof.found->key, key, proof.siblings.size()))
        return wrong("the other key lies elsewhere");
    // A single key stands as high as it can.
    if (!proof.siblings.empty() && proof.siblings.back() == kNoKeys) return wrong("longer than it must be");
    Hash hash = proof.found ? hash_of_entry(*proof.found) : kNoKeys;
    for (std::size_t depth = proof.siblings.size(); depth-- > 0;) {
        const Hash& sibling = proof.siblings[depth];
        hash = bit_of(key, static_cast<unsigned>(depth)) ? node_hash(sibling, hash) : node_hash(hash, sibling);
    }
    if (hash != root) return wrong("it does not lead to the root");
    if (!proof.found || proof.found->key != key) return std::optional<MapEntry>();
    return proof.found;
}

}  // namespace idun::crypto
