#include "exchange/internal/access_world.h"
#include "exchange/implied.h"
#include "ledger/export_query.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("what follows from an entry is in the commit that takes it in: once, and not lost when it dies before") {
    AccessWorld f;
    f.gathering(f.eva, "a", "asked");
    f.gathering(f.eva, "a", "answered");
    const auto followed = [&](bool dies) {
        std::string out;
        f.restart();
        f.view->follow_with({[&](Draft& draft, const LoggedEntry& one, bool own) {
                                 if (own && is_told(one.entry.access, own)) out += std::to_string(one.entry.index) + " ";
                                 if (dies) draft.put(std::string(store::kKeyBytesMax + 1, 'k'), "");  // then nothing is committed
                                 return false;
                             },
                             [] {}});
        CHECK(f.view->come_up_to_date().has_value() == !dies);
        return out;
    };
    CHECK(followed(true) == "0 ");
    CHECK(followed(true) == "0 ");
    CHECK(followed(false) == "0 ");
    CHECK(followed(false).empty());
    f.gathering(f.adam, "b", "");
    f.gathering(f.adam, "c", "asked", false);
    CHECK(followed(false) == "2 ");
}

TEST_CASE("nothing comes in before it is followed") {
    AccessWorld f;
    f.gathering(f.eva, "r", "");
    AccessView unfollowed(*f.temporary.store, *f.log, f.clock);
    CHECK(unfollowed.come_up_to_date().error().category == Category::busy);
    CHECK(unfollowed.progress("hub")->next == 0);
    int told = 0;
    unfollowed.follow_with({[&](Draft&, const LoggedEntry&, bool) { return ++told > 1; }});
    CHECK(unfollowed.come_up_to_date());
    CHECK(told == 1);
}

TEST_CASE("of exports by systems she is told when she was chosen") {
    ledger::Access access;
    access.action = ledger::Action::export_data;
    access.person.emplace();
    access.requester = {"bi", "BI", "system", "SE1", ""};
    access.query = ledger::export_query("job", true);
    CHECK(is_told(access, false));
    access.query = ledger::export_query("job", false);
    CHECK(!is_told(access, false));
    access.query = "export job Condition:2";  // of an older node
    CHECK(!is_told(access, false));
    access.requester.role = "clinician";
    access.action = ledger::Action::transaction;  // too: it may have read
    CHECK(is_told(access, false));
}

TEST_CASE("who is told of what, and which care relations are declared") {
    ledger::Access access;
    access.action = ledger::Action::gather;
    access.requester = {"anna", "Anna", "clinician", "SE1", "U1"};
    access.care_relation = true;
    CHECK(!is_told(access, true));  // about nobody
    access.person.emplace();
    CHECK(is_told(access, true));
    CHECK(declared_in(access, true)->user_id == "anna");
    CHECK(!declared_in(access, false));
    access.sources = {{"SE2", "asked", "", 0}};
    CHECK(is_told(access, true));
    access.sources = {{"SE2", "answered", "", 1}};
    CHECK(!is_told(access, true));  // its end
    access.sources.clear();
    access.permit = false;
    CHECK(!is_told(access, true));
    access.permit = true;
    access.requester.role = "representative";
    CHECK(is_told(access, true));
    CHECK(!declared_in(access, true));
    for (const char* role : {"patient", "supervisor"}) {
        access.requester.role = role;
        CHECK(!is_told(access, true));
    }
    access.requester.role = "clinician";
    access.action = ledger::Action::search;
    CHECK(!is_told(access, true));
    CHECK(is_told(access, false));
    for (const std::string_view told : {kPointersQuery, kPatientsQuery, kMatchQuery, kOtherNumberQuery}) {
        access.query = told;
        CHECK(is_told(access, true));
    }
    access.requester.role = "system";
    CHECK(!is_told(access, false));
}
