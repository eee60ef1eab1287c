#include "exchange/internal/access_world.h"
#include "exchange/log_rows.h"
#include "index/index.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("rows of another form are refused with both forms' numbers") {
    AccessWorld f;
    REQUIRE(open_access_rows(*f.temporary.store));
    REQUIRE(open_access_rows(*f.temporary.store));
    store::TemporaryStore older;
    store::Batch batch;
    batch.put(progress_key("SE1"), "");
    REQUIRE(older.store->commit(std::move(batch)));
    const Status refused = open_access_rows(*older.store);
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unsupported);
    CHECK(refused.error().message.find("form 1") != std::string::npos);
}

TEST_CASE("the row of a log with a name of eight letters is no pointer to the index, and older stores are put right") {
    store::TemporaryStore temporary;
    REQUIRE(open_access_rows(*temporary.store));
    store::Batch batch;
    batch.put("logsknwnXidun-hub", "x");
    REQUIRE(temporary.store->commit(std::move(batch)));
    const auto stuck = *index::Index::open(*temporary.store);
    CHECK_FALSE(stuck->settled(std::chrono::milliseconds(300)));
    REQUIRE(open_access_rows(*temporary.store));
    CHECK(*(*temporary.store->snapshot())->get(progress_key("idun-hub")) == "x");
    CHECK(!*(*temporary.store->snapshot())->get("logsknwnXidun-hub"));
    const auto index = *index::Index::open(*temporary.store);
    CHECK(index->settled(std::chrono::seconds(20)));
}

TEST_CASE("an entry's rows give back what they were made of") {
    AccessWorld f;
    ledger::ShippedEntry entry = f.at_node(0, "", "r");
    ledger::Access& access = entry.access;
    access.requester = {"anna", "Anna Ek", "clinician", "SE1", "SE1-U"};
    access.on_behalf_of = "bo";
    access.purpose = "TREAT";
    access.care_relation = true;
    access.break_glass = ledger::BreakGlass{"g", "life"};
    access.store_version = 1'000'000'007;
    access.query = "code";
    entry.sequence = 300;
    ledger::ShippedEntry nobody{.index = 1, .hash = f.leaf(1), .access = f.access(f.eva, ledger::Action::login, "")};
    nobody.access.person.reset();
    ledger::ShippedEntry shut{.index = 2, .hash = f.leaf(2), .open = false, .kind = ledger::Kind::person, .access = {}};
    ledger::ShippedEntry forgotten{.index = 3, .hash = f.leaf(3), .open = false, .kind = ledger::Kind::forgotten, .decision = "D-7", .access = {}};
    REQUIRE(f.ship({entry, nobody, shut, forgotten}, 0, 4));
    for (const ledger::ShippedEntry* one : {&entry, &nobody, &shut, &forgotten}) {
        auto found = f.view->find("SE1", one->index);
        REQUIRE(found);
        REQUIRE(found->has_value());
        CHECK(f.view->kept_from("SE1", one->index)->value().hash == one->hash);
        (*found)->entry.hash = one->hash;
        CHECK((*found)->entry == *one);
        CHECK((*found)->log_id == "SE1");
    }
    entry.marks = ledger::kSameFamilyName;
    CHECK(f.ship({entry, nobody, shut, forgotten}, 0, 4));  // repeats, with another mark
    forgotten.decision = "D-8";
    CHECK(f.ship({entry, nobody, shut, forgotten}, 0, 4));  // what cannot be opened is told by its hash
    entry.access.query = "date";
    CHECK(is_conflict(f.ship({entry, nobody, shut, forgotten}, 0, 4)));
}
