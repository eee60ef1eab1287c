#include "publish/told.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <tuple>

#include "fhir/category.h"
#include "publish/tables.h"
#include "store/faulty.h"
#include "store/testing.h"

using namespace idun;

namespace {

crypto::Pseudonym person(char letter) { return *crypto::Pseudonym::from(std::string(16, letter)); }
index::Pointer pointer(char whose, const char* category, std::int64_t second, bool withdrawn = false) {
    return {person(whose), category, {second * 1000}, 0, withdrawn};
}
using Rows = std::vector<std::tuple<crypto::Pseudonym, std::string, std::int64_t>>;
Rows rows_of(const std::vector<index::Pointer>& pointers) {
    Rows out;
    for (const index::Pointer& one : pointers) out.emplace_back(one.person, one.category, one.newest.ms);
    return out;
}
Rows told(store::Store& store) { return rows_of(*publish::told_pointers(**store.snapshot())); }
void note(store::Store& store, const std::vector<index::Pointer>& pointers) {
    store::Batch batch;
    REQUIRE(publish::note_told(batch, **store.snapshot(), pointers));
    REQUIRE(store.commit(std::move(batch)));
}

}  // namespace

TEST_CASE("what was told stands there by person and category, until it is withdrawn") {
    store::TemporaryStore temporary;
    note(*temporary.store, {pointer('b', "test-result", 20), pointer('b', "imaging", 10), pointer('a', "other", 5)});
    note(*temporary.store, {pointer('b', "imaging", 30)});
    CHECK(told(*temporary.store) == rows_of({pointer('a', "other", 5), pointer('b', "imaging", 30), pointer('b', "test-result", 20)}));
    note(*temporary.store, {pointer('b', "imaging", 0, true), pointer('b', "test-result", 0, true)});
    CHECK(told(*temporary.store) == rows_of({pointer('a', "other", 5)}));
    CHECK(!publish::told_whole_since(**temporary.store->snapshot())->has_value());
}

TEST_CASE("after a walk the rows say what it found, and how many differed") {
    store::TemporaryStore temporary;
    note(*temporary.store, {pointer('a', "other", 5), pointer('c', "other", 5), pointer('d', "imaging", 7)});
    const std::vector<index::Pointer> found{pointer('b', "imaging", 1), pointer('c', "other", 6), pointer('d', "imaging", 7), pointer('e', "other", 1)};
    CHECK(*publish::write_told(*temporary.store, found, {42'000}) == 4);  // a goes, b and e come, c is another
    CHECK(told(*temporary.store) == rows_of(found));
    CHECK(*publish::told_whole_since(**temporary.store->snapshot()) == Instant{42'000});
    CHECK(*publish::write_told(*temporary.store, found, {43'000}) == 0);
    CHECK(*publish::write_told(*temporary.store, {}, {44'000}) == 4);
    CHECK(told(*temporary.store).empty());
}

TEST_CASE("a walk that is due is due until it is done, and rows that never were whole do not become so") {
    store::TemporaryStore temporary;
    const auto since = [&] { return *publish::told_whole_since(**temporary.store->snapshot()); };
    REQUIRE(publish::make_walk_due(*temporary.store));
    CHECK(!since());
    CHECK(*publish::write_told(*temporary.store, {}, {42'000}) == 0);
    REQUIRE(publish::make_walk_due(*temporary.store));
    CHECK(since() == publish::kWalkDue);
    const store::Version settled = (*temporary.store->snapshot())->version();
    REQUIRE(publish::make_walk_due(*temporary.store));
    CHECK((*temporary.store->snapshot())->version() == settled);
    temporary.reopen();
    CHECK(since() == publish::kWalkDue);
    REQUIRE(publish::note_walked(*temporary.store, {43'000}));
    CHECK(since() == Instant{43'000});
    store::Batch damage;
    damage.put("pubtoldsW", "?");
    REQUIRE(temporary.store->commit(std::move(damage)));
    REQUIRE(publish::make_walk_due(*temporary.store));
    CHECK(!since());
}

TEST_CASE("rows are what a map says after the same random words") {
    store::TemporaryStore temporary;
    std::map<std::pair<crypto::Pseudonym, std::string>, std::int64_t> twin;
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        std::map<std::pair<char, std::string>, index::Pointer> words;  // persons together, each pair once
        for (int i = 0; i < 10; ++i) {
            const char whose = static_cast<char>('a' + random() % 12);
            const auto category = fhir::kPriorityCategories[random() % fhir::kPriorityCategories.size()];
            const std::string name(fhir::to_string(category));
            words.insert_or_assign({whose, name}, pointer(whose, name.c_str(), static_cast<std::int64_t>(random() % 100'000), random() % 3 == 0));
        }
        std::vector<index::Pointer> batch;
        for (const auto& [key, one] : words) {
            batch.push_back(one);
            if (one.withdrawn) twin.erase({one.person, one.category});
            else twin[{one.person, one.category}] = one.newest.ms;
        }
        note(*temporary.store, batch);
    }
    Rows expected;
    for (const auto& [key, newest] : twin) expected.emplace_back(key.first, key.second, newest);
    CHECK(told(*temporary.store) == expected);
}

TEST_CASE("whoever looks the store through knows these rows, and a damaged one") {
    store::TemporaryStore temporary;
    note(*temporary.store, {pointer('a', "other", 5), pointer('b', "imaging", 7)});
    REQUIRE(publish::write_told(*temporary.store, std::vector{pointer('a', "other", 5)}, {42'000}));
    const auto snapshot = *temporary.store->snapshot();
    const auto scanned = *snapshot->scan(store::prefix_range("pubtolds"));
    REQUIRE(scanned.entries.size() == 2);
    store::Owed owed;
    const store::Tables tables{publish::told_table(), publish::told_whole_table()};
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const store::Entry& entry = scanned.entries[i];
        CHECK(tables[i].check(entry.key, entry.value, owed));
        CHECK(!tables[i].check(entry.key, entry.value + "x", owed));
        CHECK(!tables[i].check(entry.key, entry.value.substr(1), owed));
        CHECK(!tables[i].check(entry.key + "x", entry.value, owed));
        CHECK(!tables[i].check(entry.key, "", owed));
    }
}

TEST_CASE("a row that cannot be read is corrupt, and a walk that breaks off is not whole") {
    store::TemporaryStore temporary;
    for (const std::string& row : {std::string("\x09\0\0\0\1", 5), std::string("\1\0\0", 3), std::string("\2\0\0\0\1\1\0\0\0\1", 10)}) {
        store::Batch batch;
        batch.put("pubtoldsT" + std::string(16, 'a'), row);
        REQUIRE(temporary.store->commit(std::move(batch)));
        CHECK(publish::told_pointers(**temporary.store->snapshot()).error().category == Category::corrupt);
    }
    store::FaultyStore faulty(*temporary.store);
    faulty.next = store::FaultyStore::Next::fails;
    CHECK(!publish::write_told(faulty, std::vector{pointer('b', "imaging", 1)}, {1}));
    CHECK(!publish::told_whole_since(**temporary.store->snapshot())->has_value());
    CHECK(*publish::write_told(*temporary.store, std::vector{pointer('b', "imaging", 1)}, {1}) == 2);
}
