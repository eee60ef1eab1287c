#include "exchange/emergencies.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'123}};
    crypto::Pseudonym eva, adam;
    Cases cases{*temporary.store};
    Notices notices{*temporary.store, clock, system_random()};
    Emergencies emergencies{*temporary.store, cases, notices, clock, system_random()};

    Fixture() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
    }
    Emergency open(const crypto::Pseudonym& person) {
        Emergency glass;
        glass.user_id = "u1";
        glass.name = "Anna Lind";
        glass.provider_id = "SE1";
        glass.ground = "life";
        glass.reason = "unconscious";
        return *emergencies.open(person, glass, std::chrono::minutes(60), "Region Norr");
    }
};

}  // namespace

TEST_CASE("a broken glass is its user's, for one person and a while") {
    Fixture f;
    const Emergency glass = f.open(f.eva);
    CHECK(glass.until.ms % 1000 == 0);
    const auto found = *f.emergencies.find(f.eva, glass.id, "u1");
    REQUIRE(found);
    CHECK(*found == glass);
    CHECK(!*f.emergencies.find(f.eva, glass.id, "u2"));
    CHECK(!*f.emergencies.find(f.adam, glass.id, "u1"));
    CHECK(!*f.emergencies.find(f.eva, "", "u1"));
    CHECK(!*f.emergencies.find(f.eva, std::string(65, 'x'), "u1"));
    f.clock.advance(std::chrono::minutes(60));
    CHECK(!*f.emergencies.find(f.eva, glass.id, "u1"));
}

TEST_CASE("in the same step the person is told and the one who broke it is asked") {
    Fixture f;
    const Emergency glass = f.open(f.eva);
    const auto told = *f.notices.about(f.eva, "", 10);
    REQUIRE(told.notices.size() == 1);
    CHECK(told.notices[0].kind == NoticeKind::break_glass);
    CHECK(told.notices[0].sv.find("Region Norr") != std::string::npos);
    CHECK(told.notices[0].en.find("unconscious") != std::string::npos);
    const auto asked = *f.cases.of_user("u1");
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].break_glass == glass.id);
    CHECK(asked[0].kind == CaseKind::follow_up);
    CHECK(f.cases.of_user("u")->empty());
    CHECK(f.cases.of_person(f.eva)->size() == 1);
    CHECK(f.cases.of_person(f.adam)->empty());
}

TEST_CASE("a second person of the same provider confirms in time; everybody else is told the same") {
    Fixture f;
    const Emergency glass = f.open(f.eva);
    const std::chrono::minutes within(15);
    const Emergencies::Second bo{"u2", "Bo Ek", "clinician", "SE1"};
    const auto confirm = [&](const crypto::Pseudonym& person, std::string_view id, const Emergencies::Second& second) {
        return f.emergencies.confirm(person, id, second, within, "Region Norr");
    };
    const Emergencies::Second herself{"u1", "Anna Lind", "clinician", "SE1"};
    const Emergencies::Second elsewhere{"u2", "Bo Ek", "clinician", "SE2"};
    const Error refused = confirm(f.eva, glass.id, herself).error();
    CHECK(refused.category == Category::forbidden);
    for (const auto& other : {confirm(f.eva, glass.id, elsewhere), confirm(f.adam, glass.id, bo), confirm(f.eva, "", bo),
                              confirm(f.eva, "none", bo)}) {
        REQUIRE(!other);
        CHECK(other.error().category == refused.category);
        CHECK(other.error().message == refused.message);
    }
    f.clock.advance(std::chrono::minutes(14));
    const auto confirmed = confirm(f.eva, glass.id, bo);
    REQUIRE(confirmed);
    CHECK(confirmed->second_user == "u2");
    CHECK((*f.emergencies.find(f.eva, glass.id, "u1"))->second_name == "Bo Ek");
    CHECK(!*f.emergencies.find(f.eva, glass.id, "u2"));  // it is still the first one's
    CHECK(f.notices.about(f.eva, "", 10)->notices.size() == 2);
    CHECK(f.cases.of_user("u1")->front().steps.back().user_id == "u2");
    // Again is fine, and says nothing twice; a third person has nothing to confirm.
    CHECK(confirm(f.eva, glass.id, bo));
    CHECK(f.notices.about(f.eva, "", 10)->notices.size() == 2);
    CHECK(!confirm(f.eva, glass.id, {"u3", "", "clinician", "SE1"}));
    const Emergency late = f.open(f.eva);
    f.clock.advance(within);
    CHECK(!confirm(f.eva, late.id, bo));
}

TEST_CASE("a glass that a node reports tells and asks once, however often it comes, and opens nothing here") {
    Fixture f;
    Emergency glass{.id = "g-1",
                    .user_id = "u1",
                    .name = "",
                    .provider_id = "SE1",
                    .unit_id = "",
                    .ground = "health",
                    .reason = "septic",
                    .from = f.clock.now(),
                    .until = f.clock.now() + std::chrono::minutes(60)};
    f.clock.advance(std::chrono::hours(5));  // the hub was away
    CHECK(*f.emergencies.report(f.eva, glass, "Region Norr"));
    CHECK(!*f.emergencies.report(f.eva, glass, "Region Norr"));
    REQUIRE(f.notices.about(f.eva, "", 10)->notices.size() == 1);
    const Notice told = f.notices.about(f.eva, "", 10)->notices[0];
    CHECK(told.time == f.clock.now());
    CHECK(told.sv.find("septic") != std::string::npos);
    CHECK(told.en.find("It was at 2027-01-15 08:00 (UTC)") != std::string::npos);
    REQUIRE(f.cases.of_user("u1")->size() == 1);
    CHECK(f.cases.of_user("u1")->front().break_glass == "g-1");
    CHECK(!*f.emergencies.find(f.eva, "g-1", "u1"));
    // The same id of another node, or about another person, is another glass; other words under it are none.
    Emergency other = glass;
    other.reason = "altered";
    CHECK(f.emergencies.report(f.eva, other, "Region Norr").error().category == Category::conflict);
    other = glass;
    other.provider_id = "SE2";
    CHECK(*f.emergencies.report(f.eva, other, "Region Syd"));
    CHECK(*f.emergencies.report(f.adam, glass, "Region Norr"));
    CHECK(f.cases.all()->size() == 3);
}

TEST_CASE("a case moves on until it is closed, and numbers count up") {
    Fixture f;
    Case complaint;
    complaint.person = f.eva;
    complaint.others = {f.adam};
    complaint.category = "right";
    complaint.text = "\"å\"";
    complaint.steps.push_back({f.clock.now(), CaseStatus::received, "p1", "Eva", "patient", ""});
    CHECK(*f.cases.open(complaint) == 1);
    CHECK(*f.cases.open(complaint) == 2);
    CHECK(f.cases.all()->front().number == 2);
    CHECK(f.cases.of_person(f.adam)->size() == 2);
    CHECK(f.cases.find(1)->text == complaint.text);
    CHECK(f.cases.find(3).error().category == Category::not_found);
    CHECK(f.cases.move(1, {f.clock.now(), CaseStatus::in_progress, "s1", "", "supervisor", "looking"})->steps.size() == 2);
    CHECK(f.cases.move(1, {f.clock.now(), CaseStatus::completed, "s1", "", "supervisor", "done"})->status() == CaseStatus::completed);
    CHECK(f.cases.move(1, {f.clock.now(), CaseStatus::in_progress, "s1", "", "supervisor", "again"}).error().category ==
          Category::conflict);
}

TEST_CASE("messages come newest first, in pages, and those about accesses can be switched off") {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        store::Batch batch;
        f.notices.add(batch, f.eva, NoticeKind::access, "sv" + std::to_string(i), "en");
        REQUIRE(f.temporary.store->commit(std::move(batch)));
        f.clock.advance(std::chrono::milliseconds(1));
    }
    REQUIRE(f.notices.want(f.eva, false));
    CHECK(!*f.notices.wanted(f.eva));
    CHECK(*f.notices.wanted(f.adam));
    const auto first = *f.notices.about(f.eva, "", 3);
    REQUIRE(first.notices.size() == 3);
    CHECK(first.notices[0].sv == "sv4");
    const auto rest = *f.notices.about(f.eva, first.next, 3);
    REQUIRE(rest.notices.size() == 2);
    CHECK(rest.notices[1].sv == "sv0");
    CHECK(rest.next.empty());
    CHECK(f.notices.about(f.eva, "xyz", 3).error().category == Category::invalid);
    CHECK(f.notices.about(f.adam, "", 3)->notices.empty());
    f.open(f.eva);  // is told all the same
    CHECK(f.notices.about(f.eva, "", 1)->notices[0].kind == NoticeKind::break_glass);
}
