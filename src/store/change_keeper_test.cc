#include "store/change_keeper.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::store;

namespace {

Version note(Store& store, const std::string& text) {
    Batch batch;
    batch.note(text);
    return *store.commit(std::move(batch));
}

std::size_t left(Store& store) { return store.changes({0}, 100)->size(); }

}  // namespace

TEST_CASE("a note goes when its last reader has it") {
    TemporaryStore temporary;
    Store& store = *temporary.store;
    for (int i = 0; i < 5; ++i) note(store, "n");
    ChangeKeeper keeper(store, {"a", "b"});
    REQUIRE(keeper.has("a", {4}));
    CHECK(left(store) == 5);  // b has said nothing yet
    REQUIRE(keeper.has("b", {2}));
    CHECK(left(store) == 3);
    REQUIRE(keeper.has("b", {1}));  // never back
    REQUIRE(keeper.has("b", {5}));
    CHECK(left(store) == 1);
    REQUIRE(keeper.needs_nothing("a"));
    CHECK(left(store) == 0);
}

TEST_CASE("a reader that needed nothing begins at the newest version") {
    TemporaryStore temporary;
    Store& store = *temporary.store;
    ChangeKeeper keeper(store, {"a", "b"});
    REQUIRE(keeper.needs_nothing("a"));
    note(store, "1");
    REQUIRE(keeper.has("b", {1}));
    CHECK(left(store) == 0);
    CHECK(keeper.begin("a")->number == 1);
    note(store, "2");
    REQUIRE(keeper.has("b", {2}));
    CHECK(left(store) == 1);
    REQUIRE(keeper.has("a", {2}));
    CHECK(left(store) == 0);
}

TEST_CASE("nobody needs anything: all goes") {
    TemporaryStore temporary;
    Store& store = *temporary.store;
    note(store, "1");
    ChangeKeeper keeper(store, {"a"});
    REQUIRE(keeper.needs_nothing("a"));
    CHECK(left(store) == 0);
    note(store, "2");
    REQUIRE(keeper.needs_nothing("a"));
    CHECK(left(store) == 0);
}
