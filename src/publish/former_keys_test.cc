#include "publish/former_keys.h"

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "records/change_note.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::publish;

namespace {

struct Fixture {
    store::TemporaryStore temporary;

    void commit(const std::function<void(store::Batch&)>& fill) {
        store::Batch batch;
        fill(batch);
        REQUIRE(temporary.store->commit(std::move(batch)));
    }
    void told(const std::string& keys) {
        commit([&](store::Batch& batch) { note_aliases_told(batch, keys); });
    }
    void acknowledged_all() {
        std::string value;
        append_be(value, (*temporary.store->snapshot())->version().number);
        commit([&](store::Batch& batch) { batch.put("publishdP", value); });
    }
    void write(const records::NotedPerson& person) {
        commit([&](store::Batch& batch) { batch.note(records::encode(records::ChangeNote{{person}, {}})); });
    }
    bool may_leave(const std::string& named_by, const std::vector<std::string>& ring,
                   const std::vector<std::string>& let_go = {}) {
        return may_leave(NamedHere{named_by, true, false}, ring, let_go);
    }
    bool may_leave(const NamedHere& named, const std::vector<std::string>& ring,
                   const std::vector<std::string>& let_go = {}) {
        const Status status = keys_may_leave(*temporary.store, named, ring, let_go);
        CHECK((status || status.error().category == Category::conflict));
        return status.has_value();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a key stays until the hub was told of everybody by it and by one that stays") {
    CHECK(may_leave("old", {"old"}));
    CHECK(may_leave("old", {"new", "old"}));  // one more is known
    CHECK(!may_leave("old", {"new"}));        // without one word to the hub
    CHECK(!may_leave("new old", {"new"}));
    CHECK(!may_leave("new old", {"old"}));  // nor back
    told("new old");
    CHECK(may_leave("new old", {"new"}));
    CHECK(may_leave("new old", {"old"}));
    CHECK(!may_leave("new old", {"third"}));
    CHECK(!may_leave("new older", {"new"}));  // of that one it was not told
    told("");
    CHECK(!may_leave("new old", {"new"}));
}

TEST_CASE_FIXTURE(Fixture, "where the store does not say by which key patients are named, one that makes other names is refused") {
    CHECK(may_leave(NamedHere{"", false, false}, {"old"}));  // nobody is there, or all are named by it
    CHECK(!may_leave(NamedHere{"", false, true}, {"new"}));
    CHECK(!may_leave(NamedHere{"", false, true}, {"new"}, {"new", "old"}));
}

TEST_CASE_FIXTURE(Fixture, "what the hub was told by other keys counts no more once people are named by those of now") {
    told("new old");
    CHECK(may_leave("new old", {"new", "old"}));
    CHECK(may_leave("new old", {"old"}));
    CHECK(may_leave(NamedHere{"new old", false, false}, {"old"}));  // broken off, and again
    REQUIRE(forget_told_by_others(*temporary.store, "new old"));
    CHECK(may_leave("new old", {"old"}));
    REQUIRE(forget_told_by_others(*temporary.store, "old"));  // all are renamed
    CHECK(!may_leave("old", {"new"}));

    told("new old");
    CHECK(may_leave("old", {"old"}));  // months by one key
    CHECK(!may_leave("old", {"new"}));

    told("new old");
    CHECK(may_leave(NamedHere{"new old", false, false}, {"new", "old"}));  // put back in the middle: some were named by one alone
    CHECK(!may_leave(NamedHere{"new old", false, false}, {"new"}));
    CHECK(!may_leave(NamedHere{"new old", false, false}, {"old"}));
}

TEST_CASE_FIXTURE(Fixture, "a key stays while the hub has not heard of somebody who was named by it") {
    told("new old");
    write({"p", {"o"}, false, {}});  // about her, not by whom she is named
    CHECK(may_leave("new old", {"new"}));
    write({"p", {"n", "o"}, true, {"o"}});
    CHECK(!may_leave("new old", {"new"}));
    CHECK(may_leave("new old", {"old", "new"}));
    acknowledged_all();
    CHECK(may_leave("new old", {"new"}));
    write({"q", {}, true, {"o"}});  // deleted: named by nothing
    CHECK(may_leave("new old", {"new"}));
}

TEST_CASE_FIXTURE(Fixture, "the operator lets a key go that the hub never had") {
    CHECK(may_leave("wrong", {"right"}, {"wrong"}));
    CHECK(!may_leave("old wrong", {"right"}, {"wrong"}));
}
