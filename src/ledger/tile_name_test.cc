#include "ledger/tile_name.h"

#include <doctest/doctest.h>

using namespace idun::ledger;

TEST_CASE("tiles have the names of C2SP") {
    struct Row {
        TileName name;
        const char* path;
    };
    for (const Row& row : {Row{{0u, 0}, "tile/0/000"}, Row{{0u, 1234067}, "tile/0/x001/x234/067"},
                           Row{{63u, 999}, "tile/63/999"}, Row{{1u, 1000}, "tile/1/x001/000"},
                           Row{{{}, 5, 17}, "tile/entries/005.p/17"}, Row{{{}, 273}, "tile/entries/273"},
                           Row{{2u, 0, 1}, "tile/2/000.p/1"}, Row{{2u, 1'000'000, 255}, "tile/2/x001/x000/000.p/255"},
                           Row{{0u, ~std::uint64_t{0}}, "tile/0/x018/x446/x744/x073/x709/x551/615"}}) {
        CHECK(row.name.path() == row.path);
        CHECK(TileName::from_path(row.path) == row.name);
    }
}

TEST_CASE("no other text is a name") {
    for (const char* text : {"",
                             "tile",
                             "tile/",
                             "tile/0",
                             "tile/0/",
                             "tile/0/00",
                             "tile/0/0000",
                             "tile/00/000",
                             "tile/64/000",
                             "tile/-1/000",
                             "tile/0/x000/000",
                             "tile/0/001/000",
                             "tile/0/x001",
                             "tile/0/x001/",
                             "tile/0/x01/000",
                             "tile/0/000/",
                             "tile/0//000",
                             "/tile/0/000",
                             "tile/0/000.p",
                             "tile/0/000.p/",
                             "tile/0/000.p/0",
                             "tile/0/000.p/256",
                             "tile/0/000.p/01",
                             "tile/0/000.p/1/",
                             "tile/0/000.p/1.p/1",
                             "tile/0/000 ",
                             "tile/0/+00",
                             "tile/0/0 0",
                             "tile/entries",
                             "tile/entry/000",
                             "tile/Entries/000",
                             "tile/0/../000",
                             "tile/0/000.new",
                             "tile/0/000.p/1.new",
                             "tile/0/x018/x446/x744/x073/x709/x551/616",
                             "tile/0/x999/x999/x999/x999/x999/x999/999",
                             "checkpoint",
                             "../keys",
                             "tile/../../keys"})
        CHECK_MESSAGE(!TileName::from_path(text), text);
}

TEST_CASE("a tree of 70,000 entries has the tiles that the specification says") {
    CHECK(width_in(0, 272, 70'000) == 256);
    CHECK(width_in(0, 273, 70'000) == 112);
    CHECK(width_in(0, 274, 70'000) == 0);
    CHECK(width_in(1, 0, 70'000) == 256);
    CHECK(width_in(1, 1, 70'000) == 17);
    CHECK(width_in(2, 0, 70'000) == 1);
    CHECK(width_in(3, 0, 70'000) == 0);
    CHECK(width_in(63, 0, ~std::uint64_t{0}) == 0);
    CHECK(width_in(std::nullopt, 273, 70'000) == 112);
    CHECK(width_in(1, 0, 256) == 1);
    CHECK(width_in(0, 1, 256) == 0);
}
