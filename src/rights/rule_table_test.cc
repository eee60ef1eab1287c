#include "rights/rule_table.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::rights;

namespace {

// A table with one more member, as JSON.
std::string with(const std::string& member) { return R"({"version":"v1",)" + member + "}"; }

}  // namespace

TEST_CASE("a rule table is read from JSON") {
    RuleTable plain;
    plain.version = "v1";
    CHECK(rule_table_from_json(R"({"version":"v1"})").value() == plain);
    const auto table = rule_table_from_json(R"({
        "version":"test-7","care-purposes":["TREAT","HOPERAT"],"care-roles":["clinician","system"],"own-roles":[],
        "assurance-min":3,"care-relation-required":false,"care-known":{"days-before":30,"days-after":7,"check-after-hours":0},
        "tasks":[{"task":"pharmacist","categories":["eprescription"],"hidden-labels":["PSY","R"]},{"task":"*","categories":["*"]}],
        "opt-out-hides-from-person":true,"opt-out-breakable":true,
        "break-glass":{"minutes":30,"needs-care-relation":false,"opens-abroad-blocks":true,"second-person":true,"second-person-minutes":5},
        "lift-days-max":5,"border":{"countries":["NO","FI"],"categories":["patient-summary"]},
        "minors":[{"from-age":13,"to-age":18,"hidden-categories":["imaging"],"hidden-labels":["SEX"]}],
        "guardian-until-age":17,"delay":{"allowed":false,"categories":["test-result"],"days-max":3},
        "lease-hours":12,"choices":{"at-once-max":7,"of-day-max":8},"messages-years":10,"log-years":6,
        "logs":[{"name":"abroad","origins":["abroad"],"years":10},{"name":"psychiatry","categories":["psychiatry"],"years":3,"hidden-from":["representative"]}],"granularity":["provider","period"]})");
    REQUIRE(table);
    RuleTable expected;
    expected.version = "test-7";
    expected.care_purposes = RuleTable::bit(Purpose::TREAT) | RuleTable::bit(Purpose::HOPERAT);
    expected.care_roles = RuleTable::bit(Role::clinician) | RuleTable::bit(Role::system);
    expected.own_roles = 0;
    expected.assurance_min = 3;
    expected.care_relation_required = false;
    expected.care_known_days_before = 30;
    expected.care_known_days_after = 7;
    expected.care_check_hours = 0;
    expected.tasks = {
        {"pharmacist", {"eprescription"}, fhir::LabelSet(fhir::SecurityLabel::PSY) | fhir::SecurityLabel::R},
        {"*", {"*"}, {}}};
    expected.opt_out_hides_from_person = true;
    expected.opt_out_breakable = true;
    expected.break_glass_minutes = 30;
    expected.break_glass_needs_care_relation = false;
    expected.break_glass_opens_abroad_blocks = true;
    expected.break_glass_needs_second_person = true;
    expected.second_person_minutes = 5;
    expected.lift_days_max = 5;
    expected.border_countries = {"NO", "FI"};
    expected.border_categories = {"patient-summary"};
    expected.minors = {{13, 18, {"imaging"}, fhir::SecurityLabel::SEX}};
    expected.guardian_until_age = 17;
    expected.delay_allowed = false;
    expected.delay_categories = {"test-result"};
    expected.delay_days_max = 3;
    expected.lease_hours = 12;
    expected.choices_at_once_max = 7;
    expected.choices_of_day_max = 8;
    expected.messages_years = 10;
    expected.log_years = 6;
    expected.logs = {{.name = "abroad", .origins = {"abroad"}, .years = 10},
                     {.name = "psychiatry", .categories = {"psychiatry"}, .years = 3, .hidden_from = {"representative"}}};
    expected.granularity = {"provider", "period"};
    CHECK(*table == expected);
}

TEST_CASE("a rule table that is not wholly understood is refused") {
    for (const char* text : {"", "[]", "{", "{}", R"({"version":""})", R"({"version":7})", R"({"version":"a b"})"})
        CHECK_MESSAGE(!rule_table_from_json(text), text);
    for (const char* member : {R"("opt-out":true)",
                               R"("choices":{"at-once-max":1001})",
                               R"("choices":{"of-day-max":0})",
                               R"("messages-years":0)",
                               R"("log-years":2)",
                               R"("logs":[{"name":"a","years":2}])",
                               R"("logs":[{"years":4}])",
                               R"("logs":[{"name":"standard"}])",
                               R"("logs":[{"name":"a"},{"name":"a"}])",
                               R"("logs":[{"name":"a","origins":["moon"]}])",
                               R"("logs":[{"name":"a","hidden-from":["patient"]}])",
                               R"("opt-out-hides-from-person":1)",
                               R"("care-purposes":"TREAT")",
                               R"("care-purposes":["CARE"])",
                               R"("care-roles":["other"])",
                               R"("care-roles":["patient"])",
                               R"("own-roles":["representative"])",
                               R"("own-roles":[1])",
                               R"("assurance-min":5)",
                               R"("assurance-min":"3")",
                               R"("assurance-min":1.5)",
                               R"("assurance-min":-1)",
                               R"("tasks":{})",
                               R"("tasks":[{"categories":["*"]}])",
                               R"("tasks":[{"task":"a"},{"task":"a"}])",
                               R"("tasks":[{"task":"a","labels":[]}])",
                               R"("tasks":[{"task":"a","hidden-labels":["psy"]}])",
                               R"("tasks":[{"task":"a","categories":[1]}])",
                               R"("break-glass":{"minutes":0})",
                               R"("break-glass":{"minutes":1441})",
                               R"("break-glass":{"reason":true})",
                               R"("break-glass":true)",
                               R"("lift-days-max":0)",
                               R"("care-known":{"days-before":3661})",
                               R"("care-known":{"hours":1})",
                               R"("care-known":{"check-after-hours":721})",
                               R"("break-glass":{"second-person-minutes":0})",
                               R"("lift-days-max":99999999999)",
                               R"("border":{"countries":["Norway"]})",
                               R"("border":{"countries":"*"})",
                               R"("minors":[{"from-age":18,"to-age":13}])",
                               R"("minors":[{"from-age":0,"to-age":0}])",
                               R"("minors":[{"from-age":0,"to-age":300}])",
                               R"("delay":{"days-max":0})",
                               R"("lease-hours":0)",
                               R"("granularity":["paragraph"])"})
        CHECK_MESSAGE(!rule_table_from_json(with(member)), std::string(member));
    std::string many = R"("border":{"categories":["a")";
    for (int i = 0; i < 64; ++i) many += ",\"a\"";
    CHECK(!rule_table_from_json(with(many + "]}")));
}

TEST_CASE("a star stands for every word") {
    CHECK(names({"a", "b"}, "b"));
    CHECK(!names({"a", "b"}, "c"));
    CHECK(names({"*"}, "c"));
    CHECK(!names({}, "c"));
}

TEST_CASE("the first row that names origin and category of a log entry counts") {
    RuleTable table;
    CHECK(log_row(table, "own", "diagnosis") == nullptr);
    table.logs = {{.name = "glass", .origins = {"break-glass"}, .years = 10},
                  {.name = "images", .categories = {"imaging"}, .years = 3},
                  {.name = "abroad", .origins = {"abroad", "other"}, .years = 7}};
    CHECK(log_row(table, "break-glass", "imaging")->name == "glass");
    CHECK(log_row(table, "break-glass", "")->name == "glass");
    CHECK(log_row(table, "other", "imaging")->name == "images");
    CHECK(log_row(table, "other", "")->name == "abroad");
    CHECK(log_row(table, "own", "diagnosis") == nullptr);
}
