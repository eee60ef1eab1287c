#include "index/tables.h"

#include "index/rows_to_damage.h"

namespace idun::index {
namespace {

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
                                              // Nodes compare sums of theirs with it every day.
                                              "index.persons added", "index.persons dropped", "index.persons swapped",
                                          }));
}

}  // namespace
}  // namespace idun::index
