#include "crypto/merkle.h"

#include <doctest/doctest.h>

#include <bit>
#include <fstream>
#include <random>
#include <sstream>

#include "crypto/encoding.h"

using namespace idun;
using namespace idun::crypto;

namespace {

std::vector<Hash> leaves_of(std::size_t count) {
    std::vector<Hash> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(leaf_hash("entry " + std::to_string(i)));
    return out;
}

// The definitions of RFC 9162 §2.1.1, §2.1.3.1 and §2.1.4.1, word by word.
using Leaves = std::span<const Hash>;
using Path = std::vector<Hash>;

std::size_t slow_split(std::size_t n) {
    std::size_t k = 1;
    while (k * 2 < n) k *= 2;
    return k;
}
Hash slow_root(Leaves d) {
    if (d.empty()) return sha256("");
    if (d.size() == 1) return d[0];
    const std::size_t k = slow_split(d.size());
    return node_hash(slow_root(d.first(k)), slow_root(d.subspan(k)));
}
Path slow_inclusion(std::size_t m, Leaves d) {
    if (d.size() == 1) return {};
    const std::size_t k = slow_split(d.size());
    Path out = m < k ? slow_inclusion(m, d.first(k)) : slow_inclusion(m - k, d.subspan(k));
    out.push_back(m < k ? slow_root(d.subspan(k)) : slow_root(d.first(k)));
    return out;
}
Path slow_subproof(std::size_t m, Leaves d, bool known) {
    if (m == d.size()) return known ? Path{} : Path{slow_root(d)};
    const std::size_t k = slow_split(d.size());
    Path out = m <= k ? slow_subproof(m, d.first(k), known) : slow_subproof(m - k, d.subspan(k), false);
    out.push_back(m <= k ? slow_root(d.subspan(k)) : slow_root(d.first(k)));
    return out;
}

// Keeps all whole subtrees, and notices when another is asked for.
SubtreeHashes subtrees_of(const std::vector<Hash>& leaves) {
    std::vector<std::vector<Hash>> levels{leaves};
    while (levels.back().size() > 1) {
        std::vector<Hash> next;
        for (std::size_t i = 0; i + 1 < levels.back().size(); i += 2)
            next.push_back(node_hash(levels.back()[i], levels.back()[i + 1]));
        levels.push_back(std::move(next));
    }
    return [levels](unsigned level, std::uint64_t index) -> Result<Hash> {
        if (level >= levels.size() || index >= levels[level].size()) return fail(Category::internal, "not whole");
        return levels[level][index];
    };
}

std::vector<std::string> split_row(const std::string& line, char by) {
    std::vector<std::string> out;
    std::stringstream in(line);
    for (std::string cell; std::getline(in, cell, by);) out.push_back(cell);
    return out;
}

std::optional<Hash> hash_in(const std::string& text) {
    const auto raw = from_base64(text);
    return raw ? Hash::from(*raw) : std::nullopt;
}

// Every path that differs in one bit of one hash, in length or in order must be refused.
template <typename Verify>
void check_mutations(const Path& path, const Verify& verify) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        Path other = path;
        other[i].bytes[i % 32] ^= static_cast<std::uint8_t>(1u << (i % 8));
        CHECK(!verify(other));
        other = path;
        other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(!verify(other));
        other = path;
        other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), path[i]);
        CHECK(!verify(other));
        if (i + 1 < path.size()) {
            other = path;
            std::swap(other[i], other[i + 1]);
            CHECK(!verify(other));
        }
    }
    Path longer = path;
    longer.push_back(Hash{});
    CHECK(!verify(longer));
}

}  // namespace

TEST_CASE("trees have the roots that other implementations give") {
    // The eight entries and roots that the tests of Certificate Transparency have used since 2012.
    const std::string entries[] = {"",
                                   std::string(1, '\0'),
                                   "\x10",
                                   "\x20\x21",
                                   "\x30\x31",
                                   "\x40\x41\x42\x43",
                                   "\x50\x51\x52\x53\x54\x55\x56\x57",
                                   "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
    const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                           "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                           "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                           "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                           "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                           "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                           "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                           "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    CompactRange range;
    CHECK(hex(range.root().view()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(range.root() == empty_root());
    for (std::size_t i = 0; i < 8; ++i) {
        range.append(leaf_hash(entries[i]));
        CHECK(range.size() == i + 1);
        CHECK(hex(range.root().view()) == roots[i]);
    }
}

namespace {

// What inclusion_of_all() says it is, on all leaves.
void slow_others(const std::vector<std::uint64_t>& wanted, std::size_t begin, Leaves d, Path& out) {
    const bool any = std::any_of(wanted.begin(), wanted.end(),
                                 [&](std::uint64_t i) { return i >= begin && i < begin + d.size(); });
    if (!any) return out.push_back(slow_root(d));
    if (d.size() == 1) return;
    const std::size_t k = slow_split(d.size());
    slow_others(wanted, begin, d.first(k), out);
    slow_others(wanted, begin + k, d.subspan(k), out);
}

}  // namespace

TEST_CASE("many entries are proven with the subtrees that the definition names, and no other") {
    std::mt19937 random(7);
    for (std::size_t size = 1; size < 70; ++size) {
        const auto leaves = leaves_of(size);
        const auto hashes = subtrees_of(leaves);
        for (int round = 0; round < 10; ++round) {
            std::vector<std::uint64_t> wanted;
            for (std::uint64_t i = 0; i < size; ++i)
                if (random() % (1 + static_cast<unsigned>(round)) == 0) wanted.push_back(i);
            if (wanted.empty()) wanted.push_back(random() % size);
            Path expected;
            slow_others(wanted, 0, leaves, expected);
            CHECK(inclusion_of_all(wanted, size, hashes).value() == expected);
        }
        CHECK(inclusion_of_all(std::vector<std::uint64_t>{0}, size, hashes)->size() ==
              inclusion_proof(0, size, hashes)->size());
        CHECK(!inclusion_of_all(std::vector<std::uint64_t>{size}, size, hashes));
        CHECK(!inclusion_of_all(std::vector<std::uint64_t>{}, size, hashes));
    }
    CHECK(!inclusion_of_all(std::vector<std::uint64_t>{2, 1}, 3, subtrees_of(leaves_of(3))));
}

TEST_CASE("the public proof vectors are judged as they say") {
    std::ifstream in(IDUN_SOURCE_DIR "/src/crypto/testdata/merkle-proofs.tsv");
    int right = 0;
    int refused = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        const auto row = split_row(line, '\t');
        REQUIRE(row.size() == 8);
        CAPTURE(row[0]);
        CAPTURE(row[7]);
        const auto first = std::stoull(row[1]);
        const auto second = std::stoull(row[2]);
        const auto hash = hash_in(row[3]);
        const auto root = hash_in(row[4]);
        Path path;
        bool well_formed = hash && root;
        for (const std::string& cell : split_row(row[5], ',')) {
            const auto node = hash_in(cell);
            well_formed = well_formed && node;
            if (node) path.push_back(*node);
        }
        const bool accepted =
            well_formed && (row[0] == "inclusion" ? verify_inclusion(first, second, *hash, path, *root).has_value()
                                                  : verify_consistency(first, second, path, *hash, *root).has_value());
        CHECK(accepted == (row[6] == "right"));
        ++(row[6] == "right" ? right : refused);
    }
    CHECK(right == 11);
    CHECK(refused == 184);
}

TEST_CASE("roots, edges and proofs of every size are those of the definitions, and nothing else verifies") {
    constexpr std::size_t kSizeMax = 130;
    const auto leaves = leaves_of(kSizeMax);
    const auto hashes = subtrees_of(leaves);
    CompactRange range;
    std::vector<Hash> roots{range.root()};
    for (std::size_t size = 1; size <= kSizeMax; ++size) {
        range.append(leaves[size - 1]);
        const Leaves tree = Leaves(leaves).first(size);
        const Hash root = slow_root(tree);
        roots.push_back(root);
        REQUIRE(range.root() == root);
        const CompactRange again = compact_range(size, hashes).value();
        REQUIRE(std::ranges::equal(again.edge(), range.edge()));
        REQUIRE(again.root() == root);
        const bool thorough = size < 20 || size > 125 || std::has_single_bit(size);
        for (std::size_t index = 0; index < size; ++index) {
            const auto path = inclusion_proof(index, size, hashes).value();
            REQUIRE(path == slow_inclusion(index, tree));
            REQUIRE(verify_inclusion(index, size, leaves[index], path, root));
            if (!thorough) continue;
            check_mutations(
                path, [&](const Path& p) { return verify_inclusion(index, size, leaves[index], p, root).has_value(); });
            CHECK(!verify_inclusion(index, size, leaf_hash("other"), path, root));
            for (std::size_t other = 0; other < size; ++other)
                if (other != index) CHECK(!verify_inclusion(other, size, leaves[index], path, root));
        }
        for (std::size_t first = 1; first <= size; ++first) {
            const auto path = consistency_proof(first, size, hashes).value();
            REQUIRE(path == slow_subproof(first, tree, true));
            REQUIRE(verify_consistency(first, size, path, roots[first], root));
            if (!thorough) continue;
            check_mutations(path, [&](const Path& p) {
                return verify_consistency(first, size, p, roots[first], root).has_value();
            });
            for (std::size_t other = 1; other <= size; ++other)
                if (other != first) CHECK(!verify_consistency(other, size, path, roots[first], root));
            if (first < size) CHECK(!verify_consistency(first, size, path, root, root));
        }
    }
}

TEST_CASE("proofs in trees as large as numbers go ask for whole subtrees only and verify") {
    // Leaves that are all alike: a subtree's hash depends on its level only.
    std::vector<Hash> levels{leaf_hash("same")};
    for (int i = 0; i < 63; ++i) levels.push_back(node_hash(levels.back(), levels.back()));
    std::uint64_t size = 0;
    const SubtreeHashes hashes = [&](unsigned level, std::uint64_t index) -> Result<Hash> {
        REQUIRE(level < 64);
        const std::uint64_t whole = size >> level;
        REQUIRE(index < whole);
        return levels[level];
    };
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        size = round == 0 ? ~std::uint64_t{0} : (random() >> (random() % 60)) | 1;
        const std::uint64_t first = 1 + random() % size;
        const Hash root = compact_range(size, hashes)->root();
        const std::uint64_t index = random() % size;
        const auto path = inclusion_proof(index, size, hashes).value();
        CHECK(verify_inclusion(index, size, levels[0], path, root));
        const auto proof = consistency_proof(first, size, hashes).value();
        CHECK(verify_consistency(first, size, proof, compact_range(first, hashes)->root(), root));
    }
}

TEST_CASE("impossible questions are refused, and a missing hash ends a proof") {
    const auto leaves = leaves_of(5);
    const auto hashes = subtrees_of(leaves);
    CHECK(!inclusion_proof(5, 5, hashes));
    CHECK(!inclusion_proof(0, 0, hashes));
    CHECK(!consistency_proof(0, 5, hashes));
    CHECK(!consistency_proof(6, 5, hashes));
    CHECK(!verify_inclusion(0, 0, leaves[0], {}, leaves[0]));
    CHECK(!verify_consistency(0, 5, {}, empty_root(), slow_root(leaves)));
    const SubtreeHashes none = [](unsigned, std::uint64_t) -> Result<Hash> {
        return fail(Category::unavailable, "gone");
    };
    CHECK(inclusion_proof(1, 5, none).error().category == Category::unavailable);
    CHECK(consistency_proof(3, 5, none).error().category == Category::unavailable);
    CHECK(compact_range(5, none).error().category == Category::unavailable);
}

TEST_CASE("a range goes on from its edge") {
    const auto leaves = leaves_of(40);
    CompactRange whole;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        CompactRange again = CompactRange::from(whole.size(), {whole.edge().begin(), whole.edge().end()});
        again.append(leaves[i]);
        whole.append(leaves[i]);
        CHECK(again.root() == whole.root());
    }
}
