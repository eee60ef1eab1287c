#include "records/tables.h"

#include "records/rows_to_damage.h"

namespace idun::records {
namespace {

TEST_CASE("no damage of one row of the records goes unnoticed, but of change rows and bodies' free text") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), [](const store::Snapshot& at) { return *tables(at, "http://node/fhir"); }, &lacking);
    CHECK(store::one_a_line(lacking) == store::one_a_line({}));
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              "records.changes dropped",
                                              "records.named-by dropped",  // then they are named again
                                              "records.history swapped",  // two of one type and version: whose they are stands in keys alone
                                          }));
}

}  // namespace
}  // namespace idun::records
