// Of every table that a role declares some test damages rows: those beside the tables (*/tables_test.cc), with the rows
// that are gathered here.
#include "app/role_tables.h"

#include "directory/rows_to_damage.h"
#include "exchange/rows_to_damage.h"
#include "gate/rows_to_damage.h"
#include "index/rows_to_damage.h"
#include "people/rows_to_damage.h"
#include "publish/rows_to_damage.h"
#include "records/rows_to_damage.h"
#include "subscriptions/rows_to_damage.h"
#include "trust/rows_to_damage.h"

using namespace idun;
using namespace idun::app;

namespace {

// What a start leaves of forms, and a rewriting under way.
store::RowsInMemory forms_to_damage() {
    store::TemporaryStore temporary;
    RolePlace node;
    node.role = "node";
    const auto forms = role_forms(node);
    REQUIRE(!forms.empty());
    REQUIRE(store::announce_forms(*temporary.store, forms));
    return store::RowsInMemory::of(*temporary.store);
}

std::set<std::string> names_of(const store::Tables& tables) {
    std::set<std::string> out;
    for (const store::Table& table : tables) out.emplace(table.name);
    return out;
}

void take_out_met(std::set<std::string>& names, const RolePlace& place, const store::RowsInMemory& rows) {
    const auto tables = role_tables(place, rows);
    REQUIRE_MESSAGE(tables, tables.error().message);
    const store::TableFinder finder(*tables);
    for (const auto& [key, value] : rows.rows)
        if (const auto table = finder.find(key, value)) names.erase(std::string((*tables)[*table].name));
}

}  // namespace

TEST_CASE("rows of every table of a hub and of a node are damaged by some test") {
    const std::map<std::string, std::vector<store::RowsInMemory>> damaged{
        {"hub",
         {index::rows_to_damage(), directory::rows_to_damage(), people::rows_to_damage(), exchange::rights_to_damage(),
          exchange::accesses_to_damage(), exchange::cases_to_damage(), exchange::operators_to_damage(),
          trust::rows_to_damage(), forms_to_damage()}},
        {"node",
         {records::rows_to_damage(), subscriptions::rows_to_damage(), gate::rows_to_damage(), publish::rows_to_damage(),
          trust::rows_to_damage(), forms_to_damage()}}};
    for (const auto& [role, stores] : damaged) {
        RolePlace place;
        place.role = role;
        place.public_url = "http://node";
        std::set<std::string> without = names_of(*role_tables(place, store::RowsInMemory()));
        REQUIRE(without.size() > 10);
        for (const store::RowsInMemory& rows : stores) take_out_met(without, place, rows);
        const std::string what_to_do =
            role + ": add rows to a rows_to_damage.h, and what a scan cannot notice to the tables_test.cc beside it:\n";
        CHECK_MESSAGE(without.empty(), what_to_do, store::one_a_line(without));
    }
}

TEST_CASE("no damage of one row of forms goes unnoticed, but of what a start writes again") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(
        forms_to_damage(), [](const store::Snapshot&) { return store::Tables{store::form_table()}; }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) ==
          store::one_a_line({
              "store.forms added",    // a table that is not known here: whoever opens the store refuses
              "store.forms dropped",  // a start writes it again
              "store.forms longer",   // the key up to which rows were rewritten: any bytes
          }));
}
