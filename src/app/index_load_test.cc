#include "app/index_load.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "index/index.h"
#include "people/person_id.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

constexpr const char* kSystem = "http://electronichealth.se/identifier/personnummer";
constexpr const char* kFirst = "191212121212";
constexpr const char* kSecond = "201212121212";

crypto::PseudonymRing ring_of(char key) {
    std::vector<crypto::PseudonymKey> keys;
    keys.push_back(*crypto::PseudonymKey::from(std::string(32, key)));
    return *crypto::PseudonymRing::from(std::move(keys));
}

struct Loading {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'790'000'000'000}};
    crypto::PseudonymRing pseudonyms = ring_of('k');
    std::unique_ptr<index::Index> index = *index::Index::open(*temporary.store);
    std::string folder = (std::filesystem::temp_directory_path() / ("idun-index-load-" + uuid(system_random()))).string();
    IndexLoad load{.files = {folder + "/pointers"}, .journal = folder + "/journal"};

    Loading() { std::filesystem::create_directory(folder); }
    ~Loading() { std::filesystem::remove_all(folder); }
    void write(const std::string& text) { std::ofstream(load.files[0], std::ios::binary) << text; }
    Result<IndexLoaded> run() { return load_index(*index, pseudonyms, load, clock); }
    std::vector<index::Holding> of(const char* number) {
        return *index->holdings(pseudonyms.of(people::identify(kSystem, number, clock.now())->canonical()));
    }
};

std::string line(const char* number, const char* provider, const char* category, const char* ms) {
    return std::string(kSystem) + "|" + number + "\t" + provider + "\t" + category + "\t" + ms + "\n";
}

}  // namespace

TEST_CASE("pointer lines become pointers, and what a source says later holds") {
    Loading l;
    l.write(line(kFirst, "SE1", "imaging", "1700000000000") + line(kFirst, "SE1", "other", "1700000001999") + line(kFirst, "SE2", "imaging", "1600000000000") +
            line(kSecond, "SE1", "imaging", "1500000000000") + line(kFirst, "SE1", "imaging", "1600000000000"));
    const auto loaded = l.run();
    REQUIRE(loaded);
    CHECK(loaded->pointers == 5);
    CHECK(loaded->wrong_count == 0);
    const auto first = l.of(kFirst);
    REQUIRE(first.size() == 2);
    REQUIRE(first[0].parts.size() == 2);
    CHECK(first[0].parts[0].newest == Instant{1'700'000'000'000});  // of two lines the newer one
    CHECK(first[0].parts[1].newest == Instant{1'700'000'001'000});
    CHECK(first[1].parts[0].newest == Instant{1'600'000'000'000});
    CHECK(l.of(kSecond).size() == 1);
    CHECK(l.index->freshness("SE1").source_version == 0);
    // The source's own word, in any version.
    const auto person = l.pseudonyms.of(people::identify(kSystem, kSecond, l.clock.now())->canonical());
    REQUIRE(l.index->put("SE1", std::vector<index::Pointer>{{person, "imaging", {1'000'000}, 1, true}}, {l.clock.now(), 1}));
    CHECK(l.of(kSecond).empty());
    l.load.journal.clear();
    REQUIRE(l.run());  // again: changes nothing
    CHECK(l.of(kSecond).empty());
}

TEST_CASE("lines that are wrong are named by number, and the others are in") {
    Loading l;
    l.write(line(kFirst, "SE1", "imaging", "1700000000000") + "\n" + line("191212121213", "SE1", "imaging", "1") + line(kFirst, "SE1", "teeth", "1") +
            line(kFirst, "S E", "imaging", "1") + line(kFirst, "SE1", "imaging", "x") + line(kFirst, "SE1", "imaging", "-1") + line(kFirst, "SE1", "imaging", "4294967296000") +
            "a\tb\tc\td\te\n" + std::string(3'000'000, 'x') + "\n" + "a\tSE1\timaging\t1\n" + std::string(kSystem) + "|" + kSecond + "\tSE9\tother\t5");
    const auto loaded = l.run();
    REQUIRE(loaded);
    CHECK(loaded->pointers == 2);
    CHECK(loaded->wrong_count == 10);
    REQUIRE(loaded->wrong.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(loaded->wrong[i].line == i + 2);
        CHECK(loaded->wrong[i].reason.find("1912") == std::string::npos);
    }
    CHECK(l.of(kSecond).front().provider == "SE9");
}

TEST_CASE("a broken load goes on where it was; another file of that name begins anew") {
    Loading l;
    l.load.held_max = 2;  // every line is put by itself
    std::string text;
    for (int i = 0; i < 20; ++i) text += line(kFirst, ("SE" + std::to_string(i)).c_str(), "imaging", "1700000000000");
    l.write(text);
    REQUIRE(l.run());
    CHECK(l.of(kFirst).size() == 20);
    const auto again = l.run();
    REQUIRE(again);
    CHECK(again->pointers == 0);
    CHECK(again->lines_skipped == 20);
    // As if it had broken off within its thirteenth note.
    std::ifstream in(l.load.journal, std::ios::binary);
    std::string journal((std::istreambuf_iterator<char>(in)), {});
    std::size_t at = 0;
    for (int i = 0; i < 12; ++i) at = journal.find('\n', at) + 1;
    std::ofstream(l.load.journal, std::ios::binary) << journal.substr(0, at + 3);
    const auto rest = l.run();
    REQUIRE(rest);
    CHECK(rest->lines_skipped == 12);
    CHECK(rest->pointers == 8);
    l.write(text + line(kSecond, "SE1", "imaging", "1"));
    CHECK(l.run()->pointers == 21);
    std::ofstream(l.load.journal, std::ios::binary) << "not one\n";
    CHECK(l.run().error().category == Category::invalid);
    l.load.files = {l.folder + "/missing"};
    l.load.journal.clear();
    CHECK(l.run().error().category == Category::unavailable);
}
