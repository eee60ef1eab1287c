#include "index/tables.h"

#include "index/index.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::index {
namespace {

Pointer of_person(std::uint8_t who, std::string category, std::int64_t newest_s, std::uint64_t version) {
    Pointer out{{}, std::move(category), {newest_s * 1000}, version};
    out.person.bytes.fill(who);
    return out;
}

void publish(Index& index, std::string_view provider, std::vector<Pointer> pointers, std::int64_t heard_s) {
    REQUIRE(index.put(provider, pointers, {{heard_s * 1000}, static_cast<std::uint64_t>(heard_s)}));
}

TEST_CASE("no damage of one row of the index goes unnoticed, but for what nodes put right by comparing") {
    store::TemporaryStore temporary;
    const auto index = *Index::open(*temporary.store);
    publish(*index, "SE1", {of_person(1, "imaging", 60, 1), of_person(1, "test-result", 50, 1), of_person(2, "imaging", 40, 1)}, 100);
    publish(*index, "SE2", {of_person(1, "imaging", 70, 1), of_person(3, "discharge", 20, 1)}, 110);
    publish(*index, "SE3", {of_person(2, "imaging", 30, 1)}, 120);
    publish(*index, "SE1", {of_person(1, "imaging", 80, 2), of_person(2, "test-result", 90, 2)}, 130);
    publish(*index, "SE1", {of_person(2, "imaging", 85, 3)}, 140);
    REQUIRE(index->withdraw("SE3", Instant{150'000}));
    REQUIRE(index->settled(std::chrono::seconds(10)));
    publish(*index, "SE4", {of_person(3, "imaging", 30, 1)}, 160);

    std::set<std::string> lacking;
    const auto whole = store::RowsInMemory::of(*temporary.store);
    const auto unnoticed = store::unnoticed_damages(whole, [](const store::Snapshot&) { return tables(); }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              // A word is as good as another word.
                                              "index.categories cut", "index.categories garbled", "index.categories longer", "index.categories swapped",
                                              "index.providers cut", "index.providers longer", "index.providers swapped",
                                              "index.freshness swapped",  // times of two sources
                                              "index.history dropped", "index.history swapped",
                                              // Nodes compare sums of theirs with it every day.
                                              "index.persons added", "index.persons dropped", "index.persons swapped",
                                          }));
}

}  // namespace
}  // namespace idun::index
