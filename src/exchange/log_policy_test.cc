#include "exchange/log_policy.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::exchange;

namespace {

ledger::Access staff_reads(const std::string& provider, std::initializer_list<const char*> categories) {
    ledger::Access out;
    out.requester = {"anna", "", "clinician", provider, ""};
    for (const char* category : categories) out.records.push_back({"Observation", "o", "1", category, "SE1"});
    return out;
}

rights::RuleTable table_of(std::vector<rights::LogRow> rows) {
    rights::RuleTable out;
    out.logs = std::move(rows);
    return out;
}

}  // namespace

TEST_CASE("where an access came from") {
    ledger::Access access = staff_reads("SE1", {});
    CHECK(origin_of(access, "SE1") == "own");
    CHECK(origin_of(access, "SE2") == "other");
    access.requester = {"eva", "", "patient", "", ""};
    CHECK(origin_of(access, "SE1") == "self");
    access.country = "FI";
    CHECK(origin_of(access, "SE1") == "abroad");
    access.break_glass = ledger::BreakGlass{"g", "life"};
    CHECK(origin_of(access, "SE1") == "break-glass");
}

TEST_CASE("how long an entry is kept follows origin and category, and is the longest of its categories") {
    const auto table = table_of({{.name = "glass", .origins = {"break-glass"}, .years = 20},
                                 {.name = "short", .origins = {"own"}, .categories = {"imaging"}, .years = 3},
                                 {.name = "long", .categories = {"genetics"}, .years = 10}});
    const auto of = [&](const ledger::Access& access) {
        const LogPolicy policy = policy_of(table, access, "SE1");
        return std::string(policy.rule) + " " + std::to_string(policy.years);
    };
    CHECK(of(staff_reads("SE1", {})) == "standard 5");
    CHECK(of(staff_reads("SE1", {"imaging"})) == "short 3");
    CHECK(of(staff_reads("SE2", {"imaging"})) == "standard 5");
    CHECK(of(staff_reads("SE2", {"genetics"})) == "long 10");
    CHECK(of(staff_reads("SE1", {"imaging", "genetics"})) == "long 10");
    CHECK(of(staff_reads("SE1", {"imaging", "diagnosis"})) == "standard 5");
    auto glass = staff_reads("SE2", {"imaging"});
    glass.break_glass = ledger::BreakGlass{"g", "life"};
    CHECK(of(glass) == "glass 20");
}

TEST_CASE("an entry with a category that is hidden from a role is left out of its lists") {
    const auto table = table_of({{.name = "mind", .categories = {"psychiatry"}, .hidden_from = {"representative"}}});
    CHECK(hidden_from(table, staff_reads("SE1", {"psychiatry", "imaging"}), "SE1", "representative"));
    CHECK(!hidden_from(table, staff_reads("SE1", {"psychiatry"}), "SE1", "supervisor"));
    CHECK(!hidden_from(table, staff_reads("SE1", {"imaging"}), "SE1", "representative"));
    CHECK(!hidden_from(table, staff_reads("SE1", {}), "SE1", "representative"));
}
