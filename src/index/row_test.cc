#include "index/internal/row.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "crypto/encoding.h"
#include "index/internal/pages.h"

namespace idun::index {
namespace {

Row random_row(std::mt19937& random) {
    std::map<std::pair<std::uint32_t, std::uint8_t>, Stated> row;
    const std::uint32_t providers = random() % 4 == 0 ? 0xffff'ffff : 3;
    for (auto left = random() % 20; left > 0; --left) {
        Stated one;
        one.provider = static_cast<std::uint32_t>(random() % providers);
        one.category = static_cast<std::uint8_t>(random() % kCategoriesMax);
        one.withdrawn = random() % 3 == 0;
        one.newest = random() % 2 == 0 ? 1'790'000'000 : static_cast<Seconds>(random());
        one.learned = random() % 2 == 0 ? 1'790'000'100 : static_cast<Seconds>(random());
        one.source_version = random() % 2 == 0 ? 7 : std::uint64_t{random()} << (random() % 33);
        row[{one.provider, one.category}] = one;
    }
    Row out;
    for (const auto& [unused, one] : row) out.push_back(one);
    return out;
}

}  // namespace

TEST_CASE("the bytes of a row, as docs/formats/index.md shows them") {
    const Row row = {{2, 2, false, 1'795'000'000, 1'795'000'005, 70'000},
                     {2, 5, false, 1'700'000'000, 1'795'000'005, 70'000},
                     {300, 0, true, 0, 1'795'000'100, 9}};
    CHECK(crypto::hex(encode_row(row)) ==
          "12" "02" "6afd86c0" "f0a204" "0a" "65" "6553f100" "e112" "80" "00000000" "09" "c89cecaf0d");
    CHECK(*decode_row(encode_row(row)) == row);
}

TEST_CASE("a row is read as it was written, and nothing else is a row") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        const Row row = random_row(random);
        const std::string bytes = encode_row(row);
        REQUIRE(*decode_row(bytes) == row);
        // Whatever else is read writes itself again in the same way, or is refused.
        std::string harmed = bytes.substr(0, random() % (bytes.size() + 1));
        if (!harmed.empty()) harmed[random() % harmed.size()] ^= static_cast<char>(1 << random() % 8);
        if (const auto read = decode_row(harmed)) {
            for (std::size_t i = 1; i < read->size(); ++i)
                CHECK(std::pair((*read)[i - 1].provider, (*read)[i - 1].category) < std::pair((*read)[i].provider, (*read)[i].category));
        }
    }
}

TEST_CASE("malformed rows are refused") {
    for (const char* bad : {"12", "1202", "12026afd88c0", "1042", "11426afd88c0", "10", "1005", "110200000000ff",
                            "1102000000000000" "110200000000" "0000",      // a provider twice
                            "1202000000000000" "0200000000" "0000",        // a category twice
                            "100102000000000000",                          // one pointer, counted in two bytes
                            "11020000000080808080808080808080" "0200"}) {  // a number over 64 bits
        CAPTURE(bad);
        CHECK(!decode_row(*crypto::from_hex(bad)));
    }
    CHECK(decode_row("")->empty());
}

TEST_CASE("a history is read as it was written") {
    History history{17, {{{5, 31, true, 1, 2, 0}, 3}, {{70'000, 0, false, 0xffff'ffff, 9, 0}, 10}}};
    const auto read = decode_history(encode_history(history));
    REQUIRE(read);
    CHECK(read->from == 17);
    CHECK(read->former == history.former);
    CHECK(!decode_history("abc"));
    CHECK(!decode_history(encode_history(history) + "x"));
}

TEST_CASE("pages hold what a map holds") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Pages pages;
    std::map<crypto::Pseudonym, std::string> twin;
    const auto some_person = [&] {
        crypto::Pseudonym p;
        p.bytes[1] = static_cast<std::uint8_t>(random() % 2);
        p.bytes[2] = static_cast<std::uint8_t>(random());
        p.bytes[5] = static_cast<std::uint8_t>(random() % 2);
        p.bytes[15] = static_cast<std::uint8_t>(random() % 3);
        return p;
    };
    CHECK(!pages.look(some_person(), [](std::string_view) {}));
    pages.put(some_person(), "is not kept before its page is there");
    for (int i = 0; i < 50; ++i) twin[some_person()] = "loaded";
    std::vector<Pages::Loaded> people[2];
    for (const auto& [person, row] : twin) people[Pages::page_of(person)].push_back({person, row});
    for (std::size_t page = 0; page < 2; ++page) pages.load(page, people[page]);
    for (int step = 0; step < 3'000; ++step) {
        const auto person = some_person();
        const std::string row(random() % 4 == 0 ? 0 : random() % 40, static_cast<char>('a' + step % 26));
        pages.put(person, row);
        if (row.empty()) twin.erase(person);
        else twin[person] = row;
        const auto other = some_person();
        std::string found;
        REQUIRE(pages.look(other, [&](std::string_view bytes) { found = bytes; }));
        const auto expected = twin.find(other);
        REQUIRE(found == (expected == twin.end() ? "" : expected->second));
    }
    CHECK(pages.people() == twin.size());
    std::map<crypto::Pseudonym, std::string> walked;
    for (std::size_t page = 0; page < 2; ++page)
        CHECK(pages.walk(page, [&](const crypto::Pseudonym& person, std::string_view row) { walked[person] = row; }));
    CHECK(walked == twin);
    CHECK(!pages.walk(2, [](const crypto::Pseudonym&, std::string_view) {}));
}

}  // namespace idun::index
