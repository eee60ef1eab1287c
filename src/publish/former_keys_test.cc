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
        return may_leave(NamedHere{{named_by, ""}}, ring, let_go);
    }
    bool may_leave(const NamedHere& named, const std::vector<std::string>& ring,
                   const std::vector<std::string>& let_go = {}) {
        const Status status = keys_may_leave(*temporary.store, named, ring, let_go);
        CHECK((status || status.error().category == Category::conflict));
        return status.has_value();
    }
};

// A renaming of people who were named by `keys`, in starts with the keys `since`.
NamedHere broken_off(const std::string& keys, const std::string& since) { return {{keys, since}, false, false}; }

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
    const auto unsaid = [](bool by_another_key) { return NamedHere{{}, false, by_another_key}; };
    CHECK(may_leave(unsaid(false), {"old"}));  // nobody is there, or all are named by it
    CHECK(!may_leave(unsaid(true), {"new"}));
    CHECK(!may_leave(unsaid(true), {"new"}, {"new", "old"}));
}

TEST_CASE_FIXTURE(Fixture, "a start that is broken off may be made again with the same keys, whether the hub has heard of it or not") {
    told("new old");
    acknowledged_all();
    const NamedHere here = broken_off("new old", "new");
    CHECK(may_leave(here, {"new"}));
    write({"p", {"n"}, true, {"n", "o"}});  // renamed
    CHECK(may_leave(here, {"new"}));
    CHECK(may_leave(here, {"new", "third"}));  // or with more
}

TEST_CASE_FIXTURE(Fixture, "no key of a renaming that was broken off may leave, though the hub was told of everybody before") {
    told("new old");
    CHECK(!may_leave(broken_off("new old", "new"), {"old"}));  // who came meanwhile is named by the new one alone
    CHECK(!may_leave(broken_off("new old", "new old"), {"new"}));
    CHECK(!may_leave(broken_off("new old", "new old"), {"old"}));
    CHECK(!may_leave(broken_off("new old", "new"), {"old"}, {"old"}));
    CHECK(may_leave(broken_off("new old", "new"), {"old"}, {"new"}));  // the operator lets it go
}

TEST_CASE_FIXTURE(Fixture, "the keys of before a renaming that was broken off are needed as long as the hub was not told") {
    const NamedHere here = broken_off("old", "new old");
    CHECK(may_leave(here, {"new", "old"}));
    CHECK(!may_leave(here, {"new"}));
    CHECK(!may_leave(here, {"old"}));
    CHECK(!may_leave(broken_off("old", "new"), {"new"}));
}

TEST_CASE_FIXTURE(Fixture, "keys that are put back in the middle of a renaming make what the hub was told count no more") {
    told("new old");
    REQUIRE(may_leave(broken_off("new old", "new"), {"new", "old"}));
    CHECK(!may_leave(broken_off("new old", "new"), {"new"}));
}

TEST_CASE_FIXTURE(Fixture, "what the hub was told of those who were named by other keys counts for nobody") {
    told("new old");
    CHECK(!may_leave("new", {"old"}));  // all were renamed, and the process died before that was forgotten
    CHECK(!may_leave("old", {"new"}));
    CHECK(!may_leave(broken_off("new", "new third"), {"old", "third"}));
    CHECK(may_leave("new old", {"old"}));  // it has changed nothing
}

TEST_CASE_FIXTURE(Fixture, "what the hub was told is forgotten once people are named by other keys") {
    told("new old");
    CHECK(may_leave("new old", {"new", "old"}));
    CHECK(may_leave("new old", {"old"}));
    REQUIRE(forget_told_by_others(*temporary.store, "new old"));
    CHECK(may_leave("new old", {"old"}));
    REQUIRE(forget_told_by_others(*temporary.store, "old"));
    CHECK(!may_leave("new old", {"old"}));

    told("new old");
    REQUIRE(may_leave("old", {"old"}));
    CHECK(!may_leave("new old", {"old"}));
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
