#include "index/tables.h"

#include "index/holders.h"
#include "index/rows_to_damage.h"
#include "store/person_key.h"

namespace idun::index {
namespace {

crypto::Pseudonym person(std::uint8_t who) {
    crypto::Pseudonym out;
    out.bytes.fill(who);
    return out;
}

TEST_CASE("no damage of one row of the index goes unnoticed, but for what nodes put right by comparing") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), [](const store::Snapshot&) { return tables(); }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              // A word is as good as another word.
                                              "index.categories cut", "index.categories garbled", "index.categories longer", "index.categories swapped",
                                              "index.providers cut", "index.providers longer", "index.providers swapped",
                                              "index.freshness swapped",  // times of two sources
                                              "index.history dropped", "index.history swapped",
                                              "index.history added",  // of somebody of whom only providers that withdrew had something
                                              // Nodes compare sums of theirs with it every day.
                                              "index.persons added", "index.persons dropped", "index.persons swapped",
                                          }));
}

TEST_CASE("a person whose only provider withdrew has a history and no pointers, and that is no finding; lost pointers are one") {
    store::TemporaryStore temporary;
    const auto index = *Index::open(*temporary.store);
    const auto publish = [&](const std::string& provider, std::uint8_t who, std::int64_t newest_s, std::uint64_t version, std::int64_t heard_s) {
        REQUIRE(index->put(provider, std::vector<Pointer>{{person(who), "imaging", {newest_s * 1000}, version}}, {{heard_s * 1000}, static_cast<std::uint64_t>(heard_s)}));
    };
    publish("SE1", 1, 60, 1, 100);
    publish("SE2", 2, 60, 1, 100);
    publish("SE2", 2, 70, 2, 110);
    REQUIRE(index->withdraw("SE1", Instant{150'000}));
    REQUIRE(index->settled(std::chrono::seconds(10)));
    auto rows = store::RowsInMemory::of(*temporary.store);
    REQUIRE(!rows.rows.contains(store::person_key(person(1), 'X')));
    REQUIRE(rows.rows.contains(store::person_key(person(1), 'Y')));
    const auto tables_now = [](const store::Snapshot&) { return tables(); };
    CHECK(store::findings_of(store::scan_of(rows, tables_now)) == "");
    // The same while what that provider has left is being swept.
    const auto numbers = store::prefix_range("idxnamesP");
    for (auto at = rows.rows.lower_bound(numbers.from); at != rows.rows.end() && at->first < numbers.to; ++at)
        if (at->second.ends_with("SE1")) at->second[4] = '\0';  // retired (4), swept (1), provider
    CHECK(store::findings_of(store::scan_of(rows, tables_now)) == "");
    rows.rows.erase(store::person_key(person(2), 'X'));
    CHECK(store::findings_of(store::scan_of(rows, tables_now)).find("there is a history of pointers, and no pointers (index.persons)") != std::string::npos);
}

TEST_CASE("tables of the index show whose a row is wherever its key names somebody") {
    CHECK(store::rows_of_nobody(rows_to_damage(), tables(), {person(1), person(2), person(3)}).empty());
}

TEST_CASE("who has pointers by a row of the store is each provider once that holds something") {
    store::TemporaryStore temporary;
    const auto index = *Index::open(*temporary.store);
    const auto publish = [&](const std::string& provider, std::vector<Pointer> pointers, std::int64_t heard_s) {
        REQUIRE(index->put(provider, pointers, {{heard_s * 1000}, static_cast<std::uint64_t>(heard_s)}));
    };
    publish("SE1", {{person(1), "imaging", {60'000}, 1}, {person(1), "test-result", {50'000}, 1}}, 100);
    publish("SE2", {{person(1), "imaging", {70'000}, 1}}, 110);
    publish("SE3", {{person(1), "imaging", {30'000}, 1}}, 120);
    publish("SE2", {{person(1), "imaging", {}, 2, true}}, 130);
    REQUIRE(index->withdraw("SE3", Instant{150'000}));
    const auto snapshot = *temporary.store->snapshot();
    const auto numbers = *provider_numbers(*snapshot);
    CHECK(numbers == std::map<std::uint32_t, std::string>{{0, "SE1"}, {1, "SE2"}});
    std::vector<std::uint32_t> holders;
    REQUIRE(each_holder(*snapshot->get(store::person_key(person(1), 'X')).value(), [&](std::uint32_t one) { holders.push_back(one); }));
    std::erase_if(holders, [&](std::uint32_t one) { return !numbers.contains(one); });
    CHECK(holders == std::vector<std::uint32_t>{0});
    CHECK(!each_holder("x", [](std::uint32_t) {}));
}

}  // namespace
}  // namespace idun::index
