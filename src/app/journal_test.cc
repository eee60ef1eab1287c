#include "app/journal.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "app/compressed.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

TEST_CASE("a journal remembers pieces and what was refused of them") {
    const store::TemporaryFolder folder;
    const std::string path = folder.path + "/j";
    const std::vector<JournalRefusal> refused = {{"line 17", "wrong \"code\"\nå", 1}, {"", "whole", 250}};
    {
        Journal journal;
        REQUIRE(journal.open(path));
        REQUIRE(journal.add("a 0", {}));
        REQUIRE(journal.add("a 500", refused));
        CHECK(!journal.done("a 0"));  // of this run
    }
    Journal again;
    REQUIRE(again.open(path));
    REQUIRE(again.done("a 0"));
    CHECK(again.done("a 0")->empty());
    REQUIRE(again.done("a 500"));
    CHECK(*again.done("a 500") == refused);
    CHECK(!again.done("a"));
    again.remove();
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("a line that was cut off is passed over, what comes after it is kept") {
    const store::TemporaryFolder folder;
    const std::string path = folder.path + "/j";
    REQUIRE(write_file(path, "idun-load-journal 1\n{\"piece\":\"a\",\"refused\":[]}\n{\"piece\":\"b\",\"refu"));
    {
        Journal journal;
        REQUIRE(journal.open(path));
        CHECK(journal.done("a"));
        CHECK(!journal.done("b"));
        REQUIRE(journal.add("c", {}));
    }
    Journal again;
    REQUIRE(again.open(path));
    CHECK(again.done("a"));
    CHECK(again.done("c"));
}

TEST_CASE("what is no journal is refused and left alone") {
    const store::TemporaryFolder folder;
    const std::string path = folder.path + "/j";
    for (const char* text : {"something else\n", "idun-load-journal 2\n", "idun-load-journal 1x", "\n"}) {
        REQUIRE(write_file(path, text));
        Journal journal;
        const Status opened = journal.open(path);
        REQUIRE_MESSAGE(!opened, text);
        CHECK(opened.error().category == Category::invalid);
        CHECK(*read_file(path) == text);
    }
    Journal nowhere;
    CHECK(!nowhere.open(folder.path + "/no/such/folder/j"));
    Journal none;
    REQUIRE(none.open(""));
    CHECK(none.add("a", {}));
    CHECK(!none.done("a"));
}
