#include "gate/tables.h"

#include "gate/rows_to_damage.h"

namespace idun::gate {
namespace {

TEST_CASE("no damage of one row that a node keeps of the hub's and of glasses goes unnoticed, but of what stands alone") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), [](const store::Snapshot&) {
        store::Tables out = rights_copy_tables();
        for (const auto make : {directory_copy_table, glass_table, glass_report_table}) out.push_back(make());
        return out;
    }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              "directory-copy.token cut", "directory-copy.token dropped", "directory-copy.token longer",  // its signature is looked at when the node starts
                                              "glasses.reasons added",                                                                      // a glass of which the hub knows
                                              "glasses.reports dropped",                                                                    // one that the hub has
                                              "rights-copy.persons added", "rights-copy.persons dropped", "rights-copy.persons swapped",    // the hub has them
                                          }));
}

}  // namespace
}  // namespace idun::gate
