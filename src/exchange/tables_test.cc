#include "exchange/tables.h"

#include "directory/tables.h"
#include "exchange/rows_to_damage.h"
#include "index/tables.h"

namespace idun::exchange {
namespace {

using Words = std::set<std::string>;

store::Tables all_of(const store::Snapshot& snapshot) {
    store::Tables out = *tables(snapshot);
    for (store::Tables more : {index::tables(), directory::tables()})
        for (store::Table& one : more) out.push_back(std::move(one));
    return out;
}

// Of tables whose names begin so.
Words unnoticed_of(const store::RowsInMemory& rows, std::string_view prefix) {
    Words out;
    for (const std::string& one : store::unnoticed_damages(rows, all_of))
        if (one.starts_with(prefix)) out.insert(one);
    return out;
}

TEST_CASE("no damage of one row of the rights register goes unnoticed") {
    CHECK(store::one_a_line(unnoticed_of(rights_to_damage(), "rights.")) == store::one_a_line({
                                              "rights.addressed dropped",                      // one that a later one about the same person has overtaken
                                              "rights.form added",                             // looks like a gathering's, and is said of those
                                              "rights.former added", "rights.former dropped",  // that it is missing is said of rights.followed, the other of the two
                                              "rights.names swapped",                          // a name is as good as another
                                          }));
}

TEST_CASE("no damage of one row of the list of accesses goes unnoticed, but of what stands alone") {
    Words lacking;
    const Words all = store::unnoticed_damages(accesses_to_damage(), all_of, &lacking);
    Words of_accesses;
    for (const std::string& one : all)
        if (one.starts_with("accesses.") || one.starts_with("logs.") || one.starts_with("tickets.") || one.starts_with("care."))
            of_accesses.insert(one);
    CHECK(
        store::one_a_line(of_accesses) ==
        store::one_a_line({
            "accesses.entries dropped",  // one about nobody
            "accesses.lines swapped",    // two of one person, log and user: when and which stands in keys alone
            "accesses.met dropped",      // counts
            "accesses.users garbled",   "accesses.users longer",  // looks like a ticket's, and is said of those
            "care.read-until dropped",
            "logs.audit-fed added",     "logs.audit-fed dropped",     "logs.audit-fed swapped",  // how far each is: sent again
            "logs.clocks added",        "logs.clocks dropped",        "logs.clocks swapped",     // what was seen of each
            "logs.counts added",        "logs.counts dropped",        "logs.faults dropped",       "logs.gaps dropped",
            "logs.stated dropped",      "logs.stated-counts dropped", "logs.strange-keys dropped",
            "logs.progress added",                                // a log of which nothing came
            "logs.progress dropped",    "logs.progress swapped",  // said of accesses.entries, whose log is then not
                                                                  // known, or shorter
            "logs.purged added",        "logs.purged dropped",        "logs.purged-until dropped",
            "tickets.persons dropped",  // said of accesses.users, whose keys are alike
        }));
    Words untouched;
    for (const std::string& one : lacking)
        if (one.starts_with("accesses.") || one.starts_with("logs.") || one.starts_with("tickets.")) untouched.insert(one);
    CHECK(store::one_a_line(untouched) == store::one_a_line({}));
}

TEST_CASE("no damage of one row of cases and glasses goes unnoticed; messages and settings stand alone") {
    const store::RowsInMemory rows = cases_to_damage();
    CHECK(store::one_a_line(unnoticed_of(rows, "cases.")) == store::one_a_line({
                                              "cases.persons garbled", "cases.persons longer",  // looks like a log's checkpoint, and is said of those
                                          }));
    CHECK(store::one_a_line(unnoticed_of(rows, "emergencies.")) == store::one_a_line({
                                              // A reported one has no number of its case; that it is missing is said of emergencies.opened.
                                              "emergencies.reported added", "emergencies.reported dropped", "emergencies.reported swapped",
                                          }));
    CHECK(store::one_a_line(unnoticed_of(rows, "notices.")) == store::one_a_line({"notices.messages added", "notices.messages swapped", "notices.settings added",
                                                                                             "notices.settings dropped", "notices.settings swapped"}));
    CHECK(store::one_a_line(unnoticed_of(rows, "kept.")) == store::one_a_line({"kept.messages added", "kept.messages dropped", "kept.messages swapped"}));
    CHECK(store::one_a_line(unnoticed_of(rows, "delivery.")) == store::one_a_line({"delivery.choices added", "delivery.choices cut", "delivery.choices dropped", "delivery.choices swapped",
                                                                                              "delivery.due dropped", "delivery.due swapped",  // that there is news for her
                                                                                              "delivery.marks added",        // looks like a choice, and is said of those
                                                                                              "delivery.waiting swapped"})); // nothing in it names its key
    CHECK(store::one_a_line(unnoticed_of(rows, "supervision.")) == store::one_a_line({"supervision.watched added", "supervision.watched dropped", "supervision.watched swapped"}));
}

TEST_CASE("no damage of one row of what the operator did and of declared care goes unnoticed, but of what stands alone") {
    const store::RowsInMemory rows = operators_to_damage();
    struct Row {
        const char* tables;
        Words unnoticed;
    };
    for (const auto& [tables, unnoticed] : {Row{"care.", {"care.waiting dropped"}},  // nobody else knows that it was declared
                                            Row{"kept.", {"kept.unshown-care added", "kept.unshown-care dropped", "kept.unshown-care swapped"}},
                                            // Of the newest; nothing in a row names its key.
                                            Row{"directory.withdrawals", {"directory.withdrawals dropped", "directory.withdrawals swapped"}},
                                            Row{"report.", {"report.national-figures dropped", "report.national-figures swapped"}}})
        CHECK_MESSAGE(store::one_a_line(unnoticed_of(rows, tables)) == store::one_a_line(unnoticed), std::string(tables));
}

TEST_CASE("tables show whose a row is wherever its key names somebody") {
    const auto of_nobody = [](const store::RowsInMemory& rows, const std::vector<crypto::Pseudonym>& persons) {
        return store::one_a_line(store::rows_of_nobody(rows, all_of(rows), persons));
    };
    const std::vector<crypto::Pseudonym> persons{person_of(1), person_of(2), person_of(3), person_of(4)};
    CHECK(of_nobody(rights_to_damage(), persons) == "rights.represented\n");  // under the representative; the key ends with whom she represents
    CHECK(of_nobody(accesses_to_damage(), {AccessWorld().eva, AccessWorld().adam}) == "");
    CHECK(of_nobody(cases_to_damage(), persons) == "");
    CHECK(of_nobody(operators_to_damage(), persons) == "");
}

}  // namespace
}  // namespace idun::exchange
