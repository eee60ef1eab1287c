#include "publish/tables.h"

#include "publish/rows_to_damage.h"

namespace idun::publish {
namespace {

TEST_CASE(
    "no damage of one row of what publishing remembers goes unnoticed, but of what is told, compared or walked again") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(
        rows_to_damage(),
        [](const store::Snapshot&) {
            return store::Tables{taken_links_table(), progress_table(), told_table(), told_whole_table(),
                                 aliases_told_table()};
        },
        &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) ==
          store::one_a_line({
              "publish.aliases-told dropped",  // then all is told again
              "publish.links added", "publish.links dropped",
              "publish.links swapped",     // said again when the Patient is written
              "publish.progress dropped",  // then all notes that are there are published again
              "publish.told added", "publish.told dropped",
              "publish.told swapped",        // the comparison with the hub finds it
              "publish.told-whole dropped",  // then all records are walked
          }));
}

}  // namespace
}  // namespace idun::publish
