#include "ledger/tiles.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "base/random.h"
#include "crypto/note.h"
#include "crypto/tree_head.h"
#include "ledger/internal/fault_files.h"

using namespace idun;
using namespace idun::ledger;

namespace {

std::string tile_entry(std::uint64_t n) { return "entry " + std::to_string(n) + std::string(n % 50, 'x'); }

std::vector<std::string> tile_entries(std::uint64_t first, std::uint64_t end) {
    std::vector<std::string> out;
    for (; first < end; ++first) out.push_back(tile_entry(first));
    return out;
}

const crypto::CompactRange& range_of(std::uint64_t size) {
    static std::vector<crypto::CompactRange> all{{}};
    while (all.size() <= size) {
        all.push_back(all.back());
        all.back().append(crypto::leaf_hash(tile_entry(all.size() - 2)));
    }
    return all[size];
}

std::string note_of(std::uint64_t size, const crypto::Hash& root) {
    static const auto key = *crypto::SigningKey::from_seed(std::string(32, 'n'));
    return crypto::sign_note(crypto::TreeHead{"idun/SE1", size, root}.text(), "idun/SE1", key);
}

Status append_to(TileWriter& writer, std::uint64_t end) {
    TRY(writer.append(tile_entries(writer.size(), end)));
    return writer.publish(note_of(writer.size(), writer.range().root()));
}

// Everything of a log of that size is there and right.
void check_readable(FileSystem& files, std::uint64_t size) {
    const TileReader reader(files, "public");
    REQUIRE(reader.range(size).value().root() == range_of(size).root());
    for (std::uint64_t first = 0; first < size;) {
        const auto entries = reader.entries(first, 1000, size);
        REQUIRE(entries);
        REQUIRE(!entries->empty());
        for (const std::string& entry : *entries) REQUIRE(entry == tile_entry(first++));
    }
}

std::uint64_t published(FileSystem& files) {
    const auto note = TileReader(files, "public").checkpoint();
    if (!note) return 0;
    return crypto::TreeHead::from_text(crypto::Note::parse(*note)->text)->size;
}

}  // namespace

TEST_CASE("a log grows in tiles, can be read at every size it was published at, and goes on after opening again") {
    FaultFiles files;
    std::mt19937 random(3);
    std::uint64_t size = 0;
    std::vector<std::uint64_t> sizes;
    while (size < 1400) {
        TileWriter writer = TileWriter::open(files, "public").value();
        REQUIRE(writer.size() == size);
        REQUIRE(writer.range().root() == range_of(size).root());
        for (int i = 0; i < 3; ++i) {
            size += random() % 120;
            REQUIRE(append_to(writer, size));
            CHECK(writer.durable() == size);
            sizes.push_back(size);
            REQUIRE(writer.range().root() == range_of(size).root());
        }
    }
    check_readable(files, size);
    const TileReader reader(files, "public");
    const auto last = range_of(size).root();
    for (const std::uint64_t old : sizes) {
        if (old == 0) continue;
        CHECK(reader.range(old).value().root() == range_of(old).root());
        const auto proof = reader.consistency_proof(old, size).value();
        CHECK(crypto::verify_consistency(old, size, proof, range_of(old).root(), last));
        const auto path = reader.inclusion_proof(old - 1, size).value();
        CHECK(crypto::verify_inclusion(old - 1, size, crypto::leaf_hash(tile_entry(old - 1)), path, last));
    }
    // Of whole tiles no partial ones are left, and every file has a name of the grammar.
    for (const std::string& path : files.paths()) {
        const std::string name = path.substr(std::string("public/").size());
        if (name == "checkpoint") continue;
        const auto tile = TileName::from_path(name);
        REQUIRE_MESSAGE(tile, name);
        CHECK(width_in(tile->level, tile->index, size) >= tile->width);
        if (!tile->whole()) CHECK(width_in(tile->level, tile->index, size) < 256);
    }
}

TEST_CASE("a tree with a third level of tiles has the root of its entries") {
    FaultFiles files;
    TileWriter writer = TileWriter::open(files, "public").value();
    constexpr std::uint64_t kSize = 65'536 + 300;
    crypto::CompactRange expected;
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < kSize; ++i) {
        entries.push_back(std::to_string(i));
        expected.append(crypto::leaf_hash(entries.back()));
    }
    REQUIRE(writer.append(entries));
    CHECK(writer.range().root() == expected.root());
    REQUIRE(writer.publish(note_of(kSize, expected.root())));
    CHECK(files.bytes("public/tile/2/000.p/1").size() == 32);
    CHECK(files.bytes("public/tile/1/000").size() == 8192);
    CHECK(TileReader(files, "public").range(kSize).value().root() == expected.root());
    CHECK(TileWriter::open(files, "public").value().range().root() == expected.root());
}

TEST_CASE("entries of every length that fits come back; longer ones are refused and harm nothing") {
    FaultFiles files;
    TileWriter writer = TileWriter::open(files, "public").value();
    const std::vector<std::string> entries{"", "a", std::string(65'535, 'z'), std::string(3, '\0')};
    REQUIRE(writer.append(entries));
    CHECK(writer.append(std::vector{std::string(65'536, 'z')}).error().category == Category::too_large);
    CHECK(writer.size() == 4);
    CHECK(writer.append(std::vector<std::string>{}));
    CHECK(TileReader(files, "public").entries(0, 10, 4).value() == entries);
    CHECK(TileReader(files, "public").entries(1, 2, 4).value() == std::vector{entries[1], entries[2]});
    CHECK(TileReader(files, "public").entries(4, 2, 4).value().empty());
}

TEST_CASE("any failing call of the disk ends the writer; opened again, it goes on to the same tree") {
    for (const Fault fault : {Fault::once, Fault::short_write, Fault::full_disk}) {
        for (std::uint64_t call = 1;; ++call) {
            FaultFiles files;
            {
                TileWriter writer = TileWriter::open(files, "public").value();
                REQUIRE(append_to(writer, 200));
            }
            files.fail_at(call, fault);
            std::uint64_t acknowledged = 200;
            {
                TileWriter writer = TileWriter::open(files, "public").value();
                Status done;
                for (const std::uint64_t end : {250, 251, 600, 770}) {
                    done = append_to(writer, end);
                    if (!done) break;
                    acknowledged = end;
                }
                if (!done) {
                    CHECK(done.error().category == Category::unavailable);
                    CHECK(!writer.append(tile_entries(0, 1)));
                    CHECK(!writer.publish("x"));
                }
            }
            const bool tripped = files.tripped();
            files.heal();
            // Whoever reads in between sees what was published.
            REQUIRE(published(files) >= acknowledged);
            check_readable(files, published(files));
            TileWriter writer = TileWriter::open(files, "public").value();
            REQUIRE(writer.size() == published(files));
            REQUIRE(append_to(writer, 1000));
            check_readable(files, 1000);
            if (!tripped) break;
        }
    }
}

TEST_CASE("a power cut at any moment leaves what was acknowledged") {
    for (std::uint64_t call = 1;; ++call) {
        bool tripped = false;
        for (unsigned seed = 0; seed < 2; ++seed) {
            FaultFiles files;
            files.fail_at(call, Fault::once);
            std::uint64_t acknowledged = 0;
            if (auto writer = TileWriter::open(files, "public"))
                for (const std::uint64_t end : {3, 250, 256, 600, 601})
                    if (append_to(*writer, end)) acknowledged = end;
            tripped = files.tripped();
            files.heal();
            files.power_cut(seed * 1000 + static_cast<unsigned>(call));
            auto writer = TileWriter::open(files, "public");
            REQUIRE_MESSAGE(writer, writer.error().message);
            REQUIRE(writer->size() >= acknowledged);
            check_readable(files, writer->size());
            REQUIRE(append_to(*writer, 900));
            check_readable(files, 900);
        }
        if (!tripped) break;
    }
}

TEST_CASE("what was written and not synced comes again from elsewhere, through any number of power cuts") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        FaultFiles files;
        std::uint64_t durable = 0;  // what the journal would have let go
        for (int life = 0; life < 6; ++life) {
            auto writer = TileWriter::open(files, "public", range_of(durable));
            REQUIRE_MESSAGE(writer, writer.error().message);
            REQUIRE(writer->size() == durable);
            std::vector<std::uint64_t> sizes;
            for (unsigned step = 0; step < random() % 6; ++step) {
                REQUIRE(writer->write(tile_entries(writer->size(), writer->size() + random() % 300)));
                REQUIRE(writer->publish(note_of(writer->size(), writer->range().root())));
                sizes.push_back(writer->size());
                // Anything up to what is durable, not only where a write ended.
                if (random() % 3 == 0 && writer->sync() && writer->durable() > durable)
                    durable += random() % (writer->durable() - durable + 1);
            }
            if (!sizes.empty()) check_readable(files, sizes.back());
            for (const std::uint64_t size : sizes) CHECK(TileReader(files, "public").range(size));
            if (random() % 2 == 0) files.power_cut(static_cast<unsigned>(random()));
        }
        auto writer = TileWriter::open(files, "public", range_of(durable));
        REQUIRE_MESSAGE(writer, writer.error().message);
        REQUIRE(append_to(*writer, durable + 700));
        check_readable(files, durable + 700);
        for (const std::string& path : files.paths()) {
            const auto tile = TileName::from_path(path.substr(7));
            if (!tile || width_in(tile->level, tile->index, durable + 700) < tile->width) continue;
            // A power cut may bring back a partial file of a tile that is whole: who reads prefers the whole one.
            if (!tile->whole() && width_in(tile->level, tile->index, durable + 700) == kTileWidth) continue;
            // Nothing spoilt is left under a name that a reader may ask for.
            const TileReader reader(files, "public");
            const std::uint64_t end = tile->index * 256 + tile->width;
            if (tile->level.value_or(0) == 0) CHECK(reader.range(end).value().root() == range_of(end).root());
            if (!tile->level)
                CHECK(files.bytes(path).size() == [&] {
                    std::size_t bytes = 0;
                    for (std::uint64_t i = tile->index * 256; i < end; ++i) bytes += 2 + tile_entry(i).size();
                    return bytes;
                }());
        }
    }
}

TEST_CASE("a folder that does not hold what it should is refused when it is opened") {
    FaultFiles files;
    {
        TileWriter writer = TileWriter::open(files, "public").value();
        REQUIRE(append_to(writer, 300));
    }
    const auto refused = [](Result<TileWriter> opened) {
        return !opened && opened.error().category == Category::corrupt;
    };
    CHECK(TileWriter::open(files, "public", range_of(300)));
    CHECK(TileWriter::open(files, "public", range_of(270)));
    CHECK(refused(TileWriter::open(files, "public", range_of(301))));
    CHECK(refused(TileWriter::open(files, "public", range_of(600))));
    crypto::CompactRange other;
    for (int i = 0; i < 300; ++i) other.append(crypto::leaf_hash("other"));
    CHECK(refused(TileWriter::open(files, "public", other)));
    for (const std::string& path : files.paths()) {
        // The whole tiles are not read: who has the root of the level above checks them.
        if (path.ends_with("/000")) continue;
        const std::string good = files.bytes(path);
        for (const std::string& bad : {good.substr(0, good.size() - 1), good + "x", std::string(),
                                       "\x7f" + good.substr(1), std::string(good.size(), '\0')}) {
            if (path.ends_with("checkpoint") && bad.size() == good.size())
                continue;  // its signature is another's affair
            files.set_bytes(path, bad);
            CHECK_MESSAGE(refused(TileWriter::open(files, "public")), path);
        }
        files.drop(path);
        if (!path.ends_with("checkpoint")) CHECK_MESSAGE(refused(TileWriter::open(files, "public")), path);
        files.set_bytes(path, good);
    }
    CHECK(TileWriter::open(files, "public"));
}

TEST_CASE("the reader refuses whatever bytes a file has that are not its entries") {
    FaultFiles files;
    {
        TileWriter writer = TileWriter::open(files, "public").value();
        REQUIRE(append_to(writer, 300));
    }
    const TileReader reader(files, "public");
    std::mt19937 random(11);
    for (const char* path : {"public/tile/entries/000", "public/tile/entries/001.p/44", "public/tile/0/000",
                             "public/tile/0/001.p/44", "public/tile/1/000.p/1"}) {
        const std::string good = files.bytes(path);
        REQUIRE(!good.empty());
        for (int round = 0; round < 200; ++round) {
            std::string bad = good;
            switch (random() % 4) {
                case 0: bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255); break;
                case 1: bad.resize(random() % bad.size()); break;
                case 2: bad.append(1 + random() % 100, static_cast<char>(random())); break;
                case 3: bad[0] = bad[1] = '\xFF'; break;
            }
            if (bad == good) continue;
            files.set_bytes(path, bad);
            bool noticed = !reader.range(300) || reader.range(300)->root() != range_of(300).root();
            for (std::uint64_t first = 0; first < 300 && !noticed;) {
                const auto entries = reader.entries(first, 256, 300);
                noticed = !entries;
                if (entries) first += entries->size();
            }
            CHECK_MESSAGE(noticed, path);
        }
        files.set_bytes(path, good);
    }
    CHECK(reader.entries(4'999'999, 1, 5'000'000).error().category == Category::corrupt);
    CHECK(!reader.inclusion_proof(300, 300));
    CHECK(!reader.consistency_proof(300, 5'000'000));
}

TEST_CASE("tiles lie on the machine's files, and no empty folders stay") {
    const auto folder = std::filesystem::temp_directory_path() / ("idun-tiles-" + uuid(system_random()));
    {
        TileWriter writer = TileWriter::open(system_files(), folder / "public").value();
        for (const std::uint64_t end : {10, 255, 700}) REQUIRE(append_to(writer, end));
    }
    TileWriter writer = TileWriter::open(system_files(), folder / "public").value();
    CHECK(writer.size() == 700);
    std::vector<std::string> names;
    for (const auto& it : std::filesystem::recursive_directory_iterator(folder / "public"))
        names.push_back(it.path().lexically_relative(folder / "public"));
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"checkpoint", "tile", "tile/0", "tile/0/000", "tile/0/001", "tile/0/002.p",
                                            "tile/0/002.p/188", "tile/1", "tile/1/000.p", "tile/1/000.p/2",
                                            "tile/entries", "tile/entries/000", "tile/entries/001",
                                            "tile/entries/002.p", "tile/entries/002.p/188"});
    std::filesystem::remove_all(folder);
}
