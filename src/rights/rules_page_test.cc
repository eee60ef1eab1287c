#include "rights/rules_page.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "rights/rules.h"

using namespace idun;
using namespace idun::rights;

TEST_CASE("docs/rights-rules.md is the page of the built-in table") {
    std::stringstream stored;
    stored << std::ifstream(std::string(IDUN_SOURCE_DIR) + "/docs/rights-rules.md").rdbuf();
    CHECK_MESSAGE((stored.str() == rules_page(sweden())), "run: idun rights rules > docs/rights-rules.md");
}

TEST_CASE("the page shows every rule, and a switch that is turned") {
    RuleTable table = sweden();
    const std::string page = rules_page(table);
    for (const RuleText& rule : rules()) CHECK(page.find("`" + std::string(rule.id) + "`") != std::string::npos);
    table.opt_out_breakable = true;
    table.version = "other-1";
    CHECK(rules_page(table) != page);
    CHECK(rules_page(table).find("`other-1`") != std::string::npos);
}

TEST_CASE("the built-in table says what the Swedish inquiry does") {
    const RuleTable table = sweden();
    CHECK(!table.opt_out_breakable);
    CHECK(!table.opt_out_hides_from_person);
    CHECK(table.lift_days_max == 7);
    CHECK(table.lease_hours == 24);
    CHECK(table.guardian_until_age == 18);
    REQUIRE(table.minors.size() == 1);
    CHECK(table.minors[0].from_age == 13);
    CHECK(table.minors[0].to_age == 18);
    CHECK(table.minors[0].hidden_labels.any_of(fhir::SecurityLabel::SEX));
}
