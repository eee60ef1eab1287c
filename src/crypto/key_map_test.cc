#include "crypto/key_map.h"

#include <doctest/doctest.h>

#include <random>

#include "crypto/encoding.h"

using namespace idun;
using namespace idun::crypto;

namespace {

// The definition, word by word, on lists of keys as texts of bits.
struct SlowEntry {
    std::string bits;
    std::string bytes;  // key, count, last
};

std::string slow_node(const std::vector<SlowEntry>& all, const std::string& beginning) {
    std::vector<const SlowEntry*> here;
    for (const SlowEntry& entry : all)
        if (entry.bits.starts_with(beginning)) here.push_back(&entry);
    if (here.empty()) return std::string(32, '\0');
    if (here.size() == 1) return std::string(sha256({std::string_view("\0", 1), here[0]->bytes}).view());
    return std::string(
        sha256({std::string_view("\1", 1), slow_node(all, beginning + "0"), slow_node(all, beginning + "1")}).view());
}

SlowEntry slow_entry(const MapEntry& entry) {
    SlowEntry out;
    for (const std::uint8_t byte : entry.key.bytes)
        for (int bit = 7; bit >= 0; --bit) out.bits += (byte >> bit & 1) != 0 ? '1' : '0';
    out.bytes = entry.key.view();
    for (const std::uint64_t number : {entry.count, entry.last})
        for (int shift = 56; shift >= 0; shift -= 8) out.bytes += static_cast<char>(number >> shift);
    return out;
}

std::string slow_root(const std::vector<MapEntry>& entries) {
    std::vector<SlowEntry> all;
    for (const MapEntry& entry : entries) all.push_back(slow_entry(entry));
    return slow_node(all, "");
}

// Keys that often begin alike, so that ways are long.
std::vector<MapEntry> entries_like(std::size_t count, std::mt19937_64& random) {
    std::vector<MapEntry> out;
    while (out.size() < count) {
        MapEntry entry;
        if (!out.empty() && random() % 2 == 0) entry.key = out[random() % out.size()].key;
        const std::size_t from = random() % 32;
        for (std::size_t i = from; i < 32; ++i) entry.key.bytes[i] = static_cast<std::uint8_t>(random());
        entry.count = random();
        entry.last = random();
        bool known = false;
        for (const MapEntry& other : out) known = known || other.key == entry.key;
        if (!known) out.push_back(entry);
    }
    return out;
}

void check_refused(const Hash& root, const Hash& key, const MapProof& right) {
    const auto refused = [&](const MapProof& other) { return other == right || !verify_map(root, key, other); };
    for (std::size_t i = 0; i < right.siblings.size(); i += 1 + right.siblings.size() / 16) {
        MapProof other = right;
        other.siblings[i].bytes[i % 32] ^= 1;
        CHECK(refused(other));
        other = right;
        other.siblings.erase(other.siblings.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(refused(other));
        other = right;
        other.siblings[i] = Hash{};
        CHECK(refused(other));
    }
    MapProof other = right;
    other.siblings.push_back(Hash{});
    CHECK(refused(other));
    other.siblings.back().bytes[0] = 1;
    CHECK(refused(other));
    other = right;
    other.found = other.found ? std::nullopt : std::optional(MapEntry{key, 1, 1});
    CHECK(refused(other));
    if (!right.found) return;
    for (const int what : {0, 1, 2}) {
        other = right;
        if (what == 0) ++other.found->count;
        if (what == 1) --other.found->last;
        if (what == 2) other.found->key.bytes[31] ^= 1;
        CHECK(refused(other));
    }
}

}  // namespace

TEST_CASE("a map has the root of the definition, and proves presence and absence of every key") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const std::size_t count = seed < 10 ? seed : random() % 100;
        const std::vector<MapEntry> entries = entries_like(count, random);
        const KeyMap map(entries);
        REQUIRE(map.size() == count);
        if (count < 60) REQUIRE(map.root().view() == slow_root(entries));
        for (const MapEntry& entry : entries) {
            const MapProof proof = map.prove(entry.key);
            REQUIRE(verify_map(map.root(), entry.key, proof).value() == entry);
            if (random() % 16 == 0) check_refused(map.root(), entry.key, proof);
            // A key close by that is not there.
            Hash other = entry.key;
            other.bytes[random() % 32] ^= static_cast<std::uint8_t>(1u << random() % 8);
            const bool there =
                std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.key == other; });
            if (there) continue;
            const MapProof absence = map.prove(other);
            REQUIRE(!verify_map(map.root(), other, absence).value());
            if (random() % 16 == 0) check_refused(map.root(), other, absence);
            // What proves that one key is not there says nothing of another that is.
            CHECK((!verify_map(map.root(), entry.key, absence) ||
                   verify_map(map.root(), entry.key, absence)->has_value()));
        }
    }
}

TEST_CASE("a map with kept upper levels is the same map") {
    std::mt19937_64 random(5);
    std::vector<MapEntry> entries;
    for (std::uint64_t i = 0; i < 5'000; ++i) entries.push_back({map_key("SE1", std::to_string(i)), i, i * 7});
    const KeyMap map(entries);
    std::shuffle(entries.begin(), entries.end(), random);
    CHECK(KeyMap(entries).root() == map.root());
    std::vector<MapEntry> few(entries.begin(), entries.begin() + 700);
    CHECK(KeyMap(few).root().view() == slow_root(few));
    for (std::size_t i = 0; i < entries.size(); i += 17) {
        const MapProof proof = map.prove(entries[i].key);
        CHECK(verify_map(map.root(), entries[i].key, proof).value() == entries[i]);
        CHECK(proof.siblings.size() < 40);
        CHECK(!verify_map(map.root(), map_key("SE2", std::to_string(i)), map.prove(map_key("SE2", std::to_string(i))))
                   .value());
    }
    entries[0].count++;
    CHECK(KeyMap(entries).root() != map.root());
}

TEST_CASE("an empty map proves that nothing is there") {
    const KeyMap map({});
    CHECK(map.root() == Hash{});
    CHECK(!verify_map(map.root(), map_key("SE1", "p"), map.prove(map_key("SE1", "p"))).value());
    CHECK(!verify_map(sha256("x"), map_key("SE1", "p"), map.prove(map_key("SE1", "p"))));
    MapProof endless;
    endless.siblings.assign(257, sha256("x"));
    CHECK(!verify_map(map.root(), map_key("SE1", "p"), endless));
}
