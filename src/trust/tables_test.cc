#include "trust/tables.h"

#include "trust/rows_to_damage.h"

namespace idun::trust {
namespace {

TEST_CASE("no damage of one kept key change goes unnoticed, but of the newest, which is asked for again") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(
        rows_to_damage(), [](const store::Snapshot&) { return store::Tables{key_change_table()}; }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({"keys.changes dropped"}));
}

}  // namespace
}  // namespace idun::trust
