#include "rights/decide.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace idun;
using namespace idun::rights;

namespace {

constexpr std::string_view kOwn = "SE1", kOther = "SE2", kThird = "SE3";

Request clinician(std::string_view provider, bool care_relation = true, Purpose purpose = Purpose::TREAT) {
    return {.purpose = purpose,
            .role = Role::clinician,
            .provider_id = provider,
            .unit_id = "E1",
            .is_the_person = false,
            .care_relation = care_relation};
}
Request patient(bool is_the_person) {
    return {.purpose = Purpose::PATRQT,
            .role = Role::patient,
            .provider_id = "",
            .unit_id = "",
            .is_the_person = is_the_person,
            .care_relation = false};
}
Request with_role(Role role, std::string_view provider) {
    Request out = clinician(provider);
    out.role = role;
    return out;
}
const std::vector<Block> kBlocksOwn = {{"b1", "SE1", "", ""}};
const std::vector<Block> kBlocksOther = {{"b1", "SE2", "", ""}};

}  // namespace

TEST_CASE("the rules decide in order") {
    const Facts none, out{.opted_out = true, .blocks = {}}, block{.opted_out = false, .blocks = kBlocksOwn},
        other_block{.opted_out = false, .blocks = kBlocksOther}, both{.opted_out = true, .blocks = kBlocksOwn};
    RuleTable strict;
    strict.opt_out_hides_from_person = true;
    RuleTable open;
    open.care_relation_required = false;
    const Record record{kOwn, "laboratory"};
    struct Row {
        const char* what;
        Request request;
        Facts facts;
        RuleTable table;
        bool permit;
        Rule rule;
    };
    for (const Row& row :
         {Row{"own staff", clinician(kOwn), none, {}, true, Rule::own_provider},
          Row{"own staff without care relation", clinician(kOwn, false), none, {}, true, Rule::own_provider},
          Row{"own staff, opted out and blocked", clinician(kOwn), both, strict, true, Rule::own_provider},
          Row{"own staff, other purpose", clinician(kOwn, false, Purpose::HOPERAT), both, {}, true, Rule::own_provider},
          Row{"own system", with_role(Role::system, kOwn), both, {}, true, Rule::own_provider},
          Row{"own administrator", with_role(Role::administrator, kOwn), none, {}, true, Rule::own_provider},
          Row{"a supervisor is nobody's staff", with_role(Role::supervisor, kOwn), none, {}, false, Rule::role},
          Row{"a patient who claims a provider", with_role(Role::patient, kOwn), none, {}, false, Rule::role},
          Row{"the person", patient(true), none, {}, true, Rule::person},
          Row{"the person, blocked and opted out", patient(true), both, {}, true, Rule::person},
          Row{"the person, opted out, strict nation", patient(true), out, strict, false, Rule::person_opt_out},
          Row{"the person, blocked, strict nation", patient(true), block, strict, true, Rule::person},
          Row{"another patient", patient(false), none, {}, false, Rule::role},
          Row{"a representative", with_role(Role::representative, ""), none, {}, false, Rule::role},
          Row{"another provider", clinician(kOther), none, {}, true, Rule::shared_care},
          Row{"another provider, emergency",
              clinician(kOther, true, Purpose::ETREAT),
              none,
              {},
              true,
              Rule::shared_care},
          Row{"another provider's system", with_role(Role::system, kOther), none, {}, false, Rule::role},
          Row{"research", clinician(kOther, true, Purpose::HRESCH), none, {}, false, Rule::purpose},
          Row{"payment", clinician(kOther, true, Purpose::HPAYMT), none, {}, false, Rule::purpose},
          Row{"break-glass is not care by itself",
              clinician(kOther, true, Purpose::BTG),
              none,
              {},
              false,
              Rule::purpose},
          Row{"unknown purpose", clinician(kOther, true, Purpose::other), none, {}, false, Rule::purpose},
          Row{"unknown role", with_role(Role::other, kOwn), none, {}, false, Rule::role},
          Row{"no care relation", clinician(kOther, false), none, {}, false, Rule::care_relation},
          Row{"no care relation, not required", clinician(kOther, false), none, open, true, Rule::shared_care},
          Row{"opted out", clinician(kOther), out, {}, false, Rule::opt_out},
          Row{"opted out before blocked", clinician(kOther), both, {}, false, Rule::opt_out},
          Row{"blocked", clinician(kOther), block, {}, false, Rule::block},
          Row{"another one is blocked", clinician(kThird), other_block, {}, true, Rule::shared_care},
          Row{"care relation before opt-out", clinician(kOther, false), both, {}, false, Rule::care_relation},
          Row{"no provider at all", clinician(""), block, {}, false, Rule::block}})
        CHECK_MESSAGE((decide(row.request, row.facts, record, row.table) == Decision{row.permit, row.rule}), row.what);
}

TEST_CASE("a record without a provider is nobody's own") {
    CHECK(decide(clinician(""), {}, {"", ""}) == Decision{true, Rule::shared_care});
    CHECK(decide(clinician("", false), {}, {"", ""}) == Decision{false, Rule::care_relation});
}

namespace {

// The same rules as nested questions, without a table.
Decision slow(const Request& q, const Facts& f, const Record& r, const RuleTable& t) {
    const auto in = [](std::uint32_t set, auto value) { return (set >> static_cast<unsigned>(value)) % 2 == 1; };
    const bool staff = in(t.own_roles, q.role);
    if (staff && r.provider_id != "" && q.provider_id == r.provider_id) return {true, Rule::own_provider};
    if (q.role == Role::patient && q.is_the_person) {
        if (!f.opted_out) return {true, Rule::person};
        if (t.opt_out_hides_from_person) return {false, Rule::person_opt_out};
        return {true, Rule::person};
    }
    if (in(t.care_roles, q.role)) {
        if (in(t.care_purposes, q.purpose)) {
            if (q.care_relation || !t.care_relation_required) {
                std::set<std::string_view> hidden;
                for (const Block& block : f.blocks) hidden.insert(block.provider_id);
                if (f.opted_out) return {false, Rule::opt_out};
                if (hidden.contains(r.provider_id)) return {false, Rule::block};
                return {true, Rule::shared_care};
            }
            return {false, Rule::care_relation};
        }
        return {false, Rule::purpose};
    }
    return {false, Rule::role};
}

}  // namespace

TEST_CASE("the decision is the slow twin's, whatever is asked") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto up_to = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const std::string_view providers[] = {"", "SE1", "SE2", "SE3"};
    std::set<Rule> seen;
    for (int i = 0; i < 100'000; ++i) {
        const Request request{static_cast<Purpose>(up_to(14)),
                              static_cast<Role>(up_to(7)),
                              providers[up_to(4)],
                              "",
                              up_to(2) == 0,
                              up_to(2) == 0};
        std::vector<Block> blocks;
        for (unsigned n = up_to(4); n > 0; --n) blocks.push_back({"b", std::string(providers[up_to(4)]), "", ""});
        const Facts facts{up_to(3) == 0, blocks};
        const Record record{providers[up_to(4)], "x"};
        const RuleTable table{up_to(2) == 0, up_to(2) == 0, up_to(2) == 0 ? RuleTable{}.care_purposes : up_to(1 << 14),
                              up_to(2) == 0 ? RuleTable{}.care_roles : up_to(1 << 7),
                              up_to(2) == 0 ? RuleTable{}.own_roles : up_to(1 << 7)};
        const Decision decision = decide(request, facts, record, table);
        CHECK(decision == slow(request, facts, record, table));
        seen.insert(decision.rule);
    }
    CHECK(seen.size() == kRules - 1);
}

TEST_CASE("what a person chooses only ever takes away, and never from the record's own staff or herself") {
    std::mt19937 random(7);
    const std::string_view providers[] = {"", "SE1", "SE2"};
    for (int i = 0; i < 20'000; ++i) {
        const Request request{static_cast<Purpose>(random() % 14),
                              static_cast<Role>(random() % 7),
                              providers[random() % 3],
                              "",
                              random() % 2 == 0,
                              random() % 2 == 0};
        const Record record{providers[1 + random() % 2], ""};
        const std::vector<Block> blocks = {{"b", std::string(record.provider_id), "", ""}};
        const Decision before = decide(request, {}, record);
        const Decision after = decide(request, {random() % 2 == 0, blocks}, record);
        if (after.permit) {
            CHECK(before == after);
        }
        if (before.rule == Rule::own_provider || before.rule == Rule::person) {
            CHECK(after == before);
        } else {
            CHECK(!after.permit);
        }
    }
}

TEST_CASE("every rule has an id and reasons, and codes come back") {
    std::set<std::string_view> ids;
    for (std::size_t i = 0; i < kRules; ++i) {
        const auto rule = static_cast<Rule>(i);
        CHECK(ids.insert(id(rule)).second);
        CHECK(rule_from(id(rule)) == rule);
        CHECK(!reason_en(rule).empty());
        CHECK(!reason_sv(rule).empty());
    }
    CHECK(id(Rule::own_provider) == "own-provider");
    CHECK(id(Rule::stale_facts) == "stale-facts");
    CHECK(!rule_from(""));
    for (unsigned i = 0; i < static_cast<unsigned>(Purpose::other); ++i)
        CHECK(purpose_from(to_string(static_cast<Purpose>(i))) == static_cast<Purpose>(i));
    CHECK(purpose_from("treat") == Purpose::other);
    CHECK(purpose_from("other") == Purpose::other);
    for (unsigned i = 0; i < static_cast<unsigned>(Role::other); ++i)
        CHECK(role_from(to_string(static_cast<Role>(i))) == static_cast<Role>(i));
    CHECK(role_from("") == Role::other);
}

TEST_CASE("a rule table is read from JSON") {
    CHECK(rule_table_from_json("{}").value() == RuleTable{});
    const auto table = rule_table_from_json(
        R"({"opt-out-hides-from-person":true,"care-relation-required":false,)"
        R"("care-purposes":["TREAT","HOPERAT"],"care-roles":["clinician","system"],"own-roles":[]})");
    REQUIRE(table);
    CHECK(table->opt_out_hides_from_person);
    CHECK(!table->care_relation_required);
    CHECK(table->care_purposes == (RuleTable::bit(Purpose::TREAT) | RuleTable::bit(Purpose::HOPERAT)));
    CHECK(table->care_roles == (RuleTable::bit(Role::clinician) | RuleTable::bit(Role::system)));
    CHECK(table->own_roles == 0);
    for (const char* text :
         {"", "[]", "{", R"({"opt-out":true})", R"({"opt-out-hides-from-person":1})", R"({"care-purposes":"TREAT"})",
          R"({"care-purposes":["CARE"]})", R"({"care-roles":["other"]})", R"({"care-roles":["patient"]})",
          R"({"own-roles":["representative"]})", R"({"own-roles":[1]})"})
        CHECK_MESSAGE(!rule_table_from_json(text), text);
}
