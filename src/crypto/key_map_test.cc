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
    std::uint64_t count = 0;
};

std::string eight(std::uint64_t number) {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
    return out;
}

// Hash and sum, one behind the other.
std::string slow_node(const std::vector<SlowEntry>& all, const std::string& beginning) {
    std::vector<const SlowEntry*> here;
    std::uint64_t sum = 0;
    for (const SlowEntry& entry : all)
        if (entry.bits.starts_with(beginning)) {
            here.push_back(&entry);
            sum += entry.count;
        }
    if (here.empty()) return std::string(40, '\0');
    if (here.size() == 1) return std::string(sha256({std::string_view("\0", 1), here[0]->bytes}).view()) + eight(sum);
    const std::string hash(
        sha256({std::string_view("\1", 1), slow_node(all, beginning + "0"), slow_node(all, beginning + "1")}).view());
    return hash + eight(sum);
}

std::string flat(const MapNode& node) { return std::string(node.hash.view()) + eight(node.sum); }

SlowEntry slow_entry(const MapEntry& entry) {
    SlowEntry out;
    for (const std::uint8_t byte : entry.key.bytes)
        for (int bit = 7; bit >= 0; --bit) out.bits += (byte >> bit & 1) != 0 ? '1' : '0';
    out.bytes = std::string(entry.key.view()) + eight(entry.count) + eight(entry.last);
    out.count = entry.count;
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
        entry.count = 1 + random() % 1'000'000;
        entry.last = random();
        bool known = false;
        for (const MapEntry& other : out) known = known || other.key == entry.key;
        if (!known) out.push_back(entry);
    }
    return out;
}

void check_refused(const MapNode& root, const Hash& key, const MapProof& right) {
    const auto refused = [&](const MapProof& other) { return other == right || !verify_map(root, key, other); };
    for (std::size_t i = 0; i < right.siblings.size(); i += 1 + right.siblings.size() / 16) {
        MapProof other = right;
        other.siblings[i].hash.bytes[i % 32] ^= 1;
        CHECK(refused(other));
        other = right;
        ++other.siblings[i].sum;
        CHECK(refused(other));
        other = right;
        other.siblings.erase(other.siblings.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(refused(other));
        other = right;
        other.siblings[i] = {};
        CHECK(refused(other));
    }
    MapProof other = right;
    other.siblings.push_back({});
    CHECK(refused(other));
    other.siblings.back().hash.bytes[0] = 1;
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
        if (count < 60) REQUIRE(flat(map.root()) == slow_root(entries));
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
    for (std::uint64_t i = 0; i < 5'000; ++i) entries.push_back({map_key("SE1", std::to_string(i)), i + 1, i * 7});
    const KeyMap map(entries);
    std::shuffle(entries.begin(), entries.end(), random);
    CHECK(KeyMap(entries).root() == map.root());
    std::vector<MapEntry> few(entries.begin(), entries.begin() + 700);
    CHECK(flat(KeyMap(few).root()) == slow_root(few));
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

TEST_CASE("a map that changes is the map of what is in it now") {
    for (unsigned seed = 0; seed < 12; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        std::vector<MapEntry> now;
        KeyMap map;
        for (int round = 0; round < 40; ++round) {
            std::vector<MapEntry> changes;
            // Many keys at first, few later; known ones, new ones, some of them twice, some to go.
            const std::size_t many = random() % (round < 4 ? 400 : 12);
            for (std::size_t i = 0; i < many; ++i) {
                MapEntry change = entries_like(1, random).front();
                if (!now.empty() && random() % 2 == 0) change.key = now[random() % now.size()].key;
                if (!changes.empty() && random() % 8 == 0) change.key = changes.back().key;
                if (random() % 5 == 0) change.count = 0;
                changes.push_back(change);
            }
            for (const MapEntry& change : changes) {
                std::erase_if(now, [&](const MapEntry& entry) { return entry.key == change.key; });
                if (change.count != 0) now.push_back(change);
            }
            map.apply(changes);
            REQUIRE(map.size() == now.size());
            REQUIRE(map.root() == KeyMap(now).root());
            if (now.empty()) continue;
            const MapEntry& one = now[random() % now.size()];
            REQUIRE(verify_map(map.root(), one.key, map.prove(one.key)).value() == one);
        }
        CHECK(flat(map.root()) == slow_root(now));
    }
}

TEST_CASE("counts that are hidden where no keys are, or that overflow, are refused") {
    const MapEntry hers{map_key("SE1", "p"), 3, 9};
    MapProof proof;
    proof.found = hers;
    proof.siblings = {{Hash{}, 5}, {sha256("other"), 1}};
    CHECK(!verify_map({sha256("x"), 9}, hers.key, proof));
    CHECK(verify_map({sha256("x"), 9}, hers.key, proof).error().message.find("without keys") != std::string::npos);
    proof.siblings = {{sha256("other"), UINT64_MAX}};
    CHECK(verify_map({sha256("x"), 2}, hers.key, proof).error().message.find("too large") != std::string::npos);
}

TEST_CASE("an empty map proves that nothing is there") {
    const KeyMap map;
    CHECK(map.root() == MapNode{});
    CHECK(!verify_map(map.root(), map_key("SE1", "p"), map.prove(map_key("SE1", "p"))).value());
    CHECK(!verify_map({sha256("x"), 0}, map_key("SE1", "p"), map.prove(map_key("SE1", "p"))));
    MapProof endless;
    endless.siblings.assign(257, {sha256("x"), 1});
    CHECK(!verify_map(map.root(), map_key("SE1", "p"), endless));
}
