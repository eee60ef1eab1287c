#include "people/tables.h"

#include "people/rows_to_damage.h"

namespace idun::people {
namespace {

store::Tables all_tables(const store::Snapshot&) {
    store::Tables out = link_tables();
    for (store::Tables more : {code_tables(), named_by_tables()})
        for (store::Table& one : more) out.push_back(std::move(one));
    return out;
}

TEST_CASE("of links and codes, what stands alone can go unnoticed, and nothing else") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), all_tables, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                           "codes.tries added", "codes.tries dropped", "codes.tries swapped",    // counts stand alone
                           "people.aliases added", "people.aliases dropped",  // nodes say them again at their start
                           "people.marks added", "people.marks dropped",                         // nothing else tells of a mark
                           "people.named-by dropped",                                            // the next start says it again
                           "people.pairs added", "people.pairs dropped", "people.pairs swapped", // who stated one says it again when it compares
                       }));
}

TEST_CASE("tables of links and codes show whose a row is wherever its key names somebody") {
    std::vector<crypto::Pseudonym> persons;
    for (const char c : {'a', 'b', 'c', 'd', 'm', 'A', 'B'}) persons.push_back(*crypto::Pseudonym::from(std::string(16, c)));
    const auto rows = rows_to_damage();
    CHECK(store::one_a_line(store::rows_of_nobody(rows, all_tables(rows), persons)) == "people.aliases\n");  // they say which key a pseudonym is under
}

}  // namespace
}  // namespace idun::people
