#include "directory/tables.h"

#include "directory/rows_to_damage.h"

namespace idun::directory {
namespace {

TEST_CASE("no damage of one row of the directory goes unnoticed, but of counts and leases") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), [](const store::Snapshot&) { return tables(); }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                           "directory.health added", "directory.health dropped", "directory.health swapped",  // counts stand alone
                           "directory.leases dropped", "directory.leases swapped",  // their nodes renew them within half a minute
                       }));
}

}  // namespace
}  // namespace idun::directory
