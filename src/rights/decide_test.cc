#include "rights/decide.h"

#include <doctest/doctest.h>

#include <set>

using namespace idun;
using namespace idun::rights;

namespace {

constexpr Instant kNow{1'795'428'000'000};
constexpr std::chrono::hours kDay{24};
constexpr Instant kBefore = {0};
constexpr std::string_view kOwn = "SE1", kOther = "SE2", kThird = "SE3";

crypto::Pseudonym person(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
const crypto::Pseudonym kMaja = person('m');

Request clinician(std::string_view provider, std::string_view unit = "E1") {
    return {.now = kNow,
            .purpose = Purpose::TREAT,
            .role = Role::clinician,
            .user_id = "u1",
            .provider_id = provider,
            .unit_id = unit,
            .care = Care::declared};
}
Request clinician_without_care(std::string_view provider, Purpose purpose = Purpose::TREAT) {
    Request out = clinician(provider);
    out.care = Care::none;
    out.purpose = purpose;
    return out;
}
Request for_purpose(Purpose purpose, std::string_view provider = kOther) {
    Request out = clinician(provider);
    out.purpose = purpose;
    return out;
}
Request with_role(Role role, std::string_view provider) {
    Request out = clinician(provider);
    out.role = role;
    return out;
}
Request patient(bool is_the_person) {
    return {.now = kNow, .purpose = Purpose::PATRQT, .role = Role::patient, .is_the_person = is_the_person};
}
Request representative() {
    return {.now = kNow, .purpose = Purpose::FAMRQT, .role = Role::representative, .representative = &kMaja};
}
Request abroad(std::string_view country) {
    Request out = clinician(kOther);
    out.country = country;
    return out;
}
constexpr BreakGlass kGlass{.id = "g1", .ground = Ground::life, .until = {kNow.ms + 3'600'000}};
Request breaking(std::string_view provider, std::string_view unit = "E1") {
    Request out = clinician(provider, unit);
    out.break_glass = &kGlass;
    return out;
}

Block block(Scope scope = {.provider_id = "SE1"}, Layer layer = Layer::outer, std::string id = "b1") {
    return {.fact_id = std::move(id), .layer = layer, .scope = std::move(scope), .from = kBefore};
}
Mandate mandate(MandateKind kind = MandateKind::chosen) {
    Mandate out{.fact_id = "m1", .representative = kMaja, .kind = kind, .from = kBefore};
    // Ten years old.
    if (kind == MandateKind::parent) out.born = kNow - std::chrono::hours(24 * 3652 + 24);
    return out;
}

Record laboratory() {
    return {.provider_id = kOwn, .unit_id = "E1", .category = "test-result", .entry = "Observation/o1"};
}

struct Answer {
    bool permit;
    Rule rule;
    friend bool operator==(const Answer&, const Answer&) = default;
};
Answer answer(const Request& request, const Facts& facts, const Record& record = laboratory(),
              const RuleTable& table = {}) {
    const Decision decision = decide(request, facts, record, table);
    return {decision.permit, decision.rule};
}

}  // namespace

TEST_CASE("the rules decide in order") {
    const std::vector<Block> own_blocked = {block()}, other_blocked = {block({.provider_id = "SE2"})};
    const Facts none, out{.opted_out = true}, blocked{.blocks = own_blocked}, other{.blocks = other_blocked},
        both{.opted_out = true, .blocks = own_blocked};
    RuleTable strict;
    strict.opt_out_hides_from_person = true;
    RuleTable open;
    open.care_relation_required = false;
    struct Row {
        const char* what;
        Request request;
        Facts facts;
        RuleTable table;
        bool permit;
        Rule rule;
    };
    for (const Row& row :
         {Row{"own unit", clinician(kOwn), none, {}, true, Rule::own_unit},
          Row{"own staff", clinician(kOwn, "E2"), none, {}, true, Rule::own_provider},
          Row{"own staff without care relation", clinician_without_care(kOwn), none, {}, true, Rule::own_unit},
          Row{"own staff, opted out and blocked", clinician(kOwn, "E2"), both, strict, true, Rule::own_provider},
          Row{"own staff, other purpose",
              clinician_without_care(kOwn, Purpose::HOPERAT),
              both,
              {},
              true,
              Rule::own_unit},
          Row{"own system", with_role(Role::system, kOwn), both, {}, true, Rule::own_unit},
          Row{"own administrator", with_role(Role::administrator, kOwn), none, {}, true, Rule::own_unit},
          Row{"a supervisor is nobody's staff", with_role(Role::supervisor, kOwn), none, {}, false, Rule::role},
          Row{"a patient who claims a provider", with_role(Role::patient, kOwn), none, {}, false, Rule::role},
          Row{"the person", patient(true), none, {}, true, Rule::person},
          Row{"the person, blocked and opted out", patient(true), both, {}, true, Rule::person},
          Row{"the person, opted out, strict nation", patient(true), out, strict, false, Rule::person_opt_out},
          Row{"the person, blocked, strict nation", patient(true), blocked, strict, true, Rule::person},
          Row{"another patient", patient(false), none, {}, false, Rule::role},
          Row{"a representative of nobody", with_role(Role::representative, ""), none, {}, false, Rule::role},
          Row{"another provider", clinician(kOther), none, {}, true, Rule::shared_care},
          Row{"another provider, emergency", for_purpose(Purpose::ETREAT), none, {}, true, Rule::shared_care},
          Row{"another provider's system", with_role(Role::system, kOther), none, {}, false, Rule::role},
          Row{"research", for_purpose(Purpose::HRESCH), none, {}, false, Rule::purpose},
          Row{"payment", for_purpose(Purpose::HPAYMT), none, {}, false, Rule::purpose},
          Row{"break-glass is not care by itself", for_purpose(Purpose::BTG), none, {}, false, Rule::purpose},
          Row{"unknown purpose", for_purpose(Purpose::other), none, {}, false, Rule::purpose},
          Row{"unknown role", with_role(Role::other, kOwn), none, {}, false, Rule::role},
          Row{"no care relation", clinician_without_care(kOther), none, {}, false, Rule::care_relation},
          Row{"no care relation, not required", clinician_without_care(kOther), none, open, true, Rule::shared_care},
          Row{"opted out", clinician(kOther), out, {}, false, Rule::opt_out},
          Row{"opted out before blocked", clinician(kOther), both, {}, false, Rule::opt_out},
          Row{"blocked", clinician(kOther), blocked, {}, false, Rule::block},
          Row{"another one is blocked", clinician(kThird), other, {}, true, Rule::shared_care},
          Row{"care relation before opt-out", clinician_without_care(kOther), both, {}, false, Rule::care_relation},
          Row{"no provider at all", clinician(""), blocked, {}, false, Rule::block}})
        CHECK_MESSAGE((answer(row.request, row.facts, laboratory(), row.table) == Answer{row.permit, row.rule}),
                      row.what);
}

TEST_CASE("a record without a provider is nobody's own") {
    CHECK(answer(clinician(""), {}, {}) == Answer{true, Rule::shared_care});
    CHECK(answer(clinician_without_care(""), {}, {}) == Answer{false, Rule::care_relation});
}

TEST_CASE("a block hides what its scope names, and nothing else") {
    const Period june{{kNow.ms - 30 * 86'400'000LL}, {kNow.ms - 20 * 86'400'000LL}};
    Record record = laboratory();
    record.element = "observations";
    record.date = june;
    struct Row {
        const char* what;
        Scope scope;
        bool hidden;
    };
    for (const Row& row :
         {Row{"everything", {}, true}, Row{"provider", {.provider_id = "SE1"}, true},
          Row{"other provider", {.provider_id = "SE2"}, false},
          Row{"unit", {.provider_id = "SE1", .unit_id = "E1"}, true},
          Row{"other unit", {.provider_id = "SE1", .unit_id = "E2"}, false},
          Row{"category anywhere", {.category = "test-result"}, true},
          Row{"other category", {.category = "imaging"}, false}, Row{"element", {.element = "observations"}, true},
          Row{"other element", {.element = "allergies"}, false},
          Row{"entry", {.provider_id = "SE1", .entry = "Observation/o1"}, true},
          Row{"other entry", {.provider_id = "SE1", .entry = "Observation/o2"}, false},
          Row{"the same entry elsewhere", {.provider_id = "SE2", .entry = "Observation/o1"}, false},
          Row{"period before", {.to = june.from}, false},
          Row{"period that meets its beginning", {.to = june.from + kDay}, true},
          Row{"period that meets its end", {.from = june.to}, true},
          Row{"period after", {.from = june.to + kDay}, false}}) {
        const std::vector<Block> blocks = {block(row.scope)};
        CHECK_MESSAGE((answer(clinician(kOther), {.blocks = blocks}, record) ==
                       Answer{!row.hidden, row.hidden ? Rule::block : Rule::shared_care}),
                      row.what);
    }
}

TEST_CASE("where a record does not say its unit or date, a block hides it and a mandate does not open it") {
    Record record = laboratory();
    record.unit_id = {};
    for (const Scope& scope : {Scope{.provider_id = "SE1", .unit_id = "E7"}, Scope{.from = kNow}}) {
        const std::vector<Block> blocks = {block(scope)};
        CHECK(answer(clinician(kOther), {.blocks = blocks}, record).rule == Rule::block);
        std::vector<Mandate> mandates = {mandate()};
        mandates[0].scopes = {scope};
        CHECK(answer(representative(), {.mandates = mandates}, record).rule == Rule::mandate);
    }
}

TEST_CASE("blocks hold for their time, and spare whom they name") {
    std::vector<Block> blocks = {block()};
    const Facts facts{.blocks = blocks};
    CHECK(answer(clinician(kOther), facts).rule == Rule::block);
    blocks[0].from = kNow + kDay;
    CHECK(answer(clinician(kOther), facts).permit);
    CHECK(decide(clinician(kOther), facts, laboratory()).until == kNow + kDay);
    blocks[0].from = kNow;
    blocks[0].to = kNow + kDay;
    CHECK(answer(clinician(kOther), facts).rule == Rule::block);
    blocks[0].to = kNow;
    CHECK(answer(clinician(kOther), facts).permit);
    blocks[0].to.reset();
    blocks[0].except = {{"SE3", ""}, {"", "u2"}};
    CHECK(answer(clinician(kOther), facts).rule == Rule::block);
    CHECK(answer(clinician(kThird), facts).permit);
    blocks[0].except = {{"", "u1"}};
    CHECK(answer(clinician(kOther), facts).permit);
    CHECK(decide(clinician(kOther), facts, laboratory()).until == kForever);
}

TEST_CASE("an inner block hides from other units of the provider, not from the unit itself or from others") {
    std::vector<Block> blocks = {block({.provider_id = "SE1"}, Layer::inner)};
    const Facts facts{.blocks = blocks};
    CHECK(answer(clinician(kOwn, "E1"), facts).rule == Rule::own_unit);
    CHECK(decide(clinician(kOwn, "E2"), facts, laboratory()).fact_id == "b1");
    CHECK(answer(clinician(kOwn, "E2"), facts) == Answer{false, Rule::inner_block});
    CHECK(answer(clinician(kOther), facts) == Answer{true, Rule::shared_care});
    Record unknown_unit = laboratory();
    unknown_unit.unit_id = {};
    CHECK(answer(clinician(kOwn, "E1"), facts, unknown_unit) == Answer{false, Rule::inner_block});
    blocks[0].scope.unit_id = "E1";
    CHECK(answer(clinician(kOwn, "E1"), facts, unknown_unit) == Answer{true, Rule::own_provider});
    CHECK(answer(clinician(kOwn, "E2"), facts, unknown_unit) == Answer{false, Rule::inner_block});
}

TEST_CASE("a broken glass opens blocks for its time, and the person is told") {
    const std::vector<Block> blocks = {block(), block({.provider_id = "SE1"}, Layer::inner, "b2")};
    const Facts facts{.blocks = blocks};
    const Decision outer = decide(breaking(kOther), facts, laboratory());
    CHECK(outer.permit);
    CHECK(outer.rule == Rule::break_glass);
    CHECK(outer.fact_id == "g1");
    CHECK(outer.duties.notify_now);
    CHECK(outer.duties.follow_up);
    CHECK(outer.until == kGlass.until);
    CHECK(answer(breaking(kOwn, "E2"), facts) == Answer{true, Rule::break_glass_inner});
    CHECK(answer(breaking(kOther), {}) == Answer{true, Rule::shared_care});
    Request late = breaking(kOther);
    late.now = kGlass.until;
    CHECK(answer(late, facts).rule == Rule::block);
    Request strange = breaking(kOwn, "E2");
    strange.care = Care::none;
    CHECK(answer(strange, facts).rule == Rule::inner_block);
    RuleTable lenient;
    lenient.break_glass_needs_care_relation = false;
    CHECK(answer(strange, facts, laboratory(), lenient).rule == Rule::break_glass_inner);
    RuleTable two;
    two.break_glass_needs_second_person = true;
    CHECK(answer(breaking(kOther), facts, laboratory(), two).rule == Rule::block);
    BreakGlass seconded = kGlass;
    seconded.seconded = true;
    Request request = breaking(kOther);
    request.break_glass = &seconded;
    CHECK(answer(request, facts, laboratory(), two).permit);
}

TEST_CASE("an opt-out is broken only where the nation says so, and then blocks are broken too") {
    const std::vector<Block> blocks = {block()};
    const Facts facts{.opted_out = true, .blocks = blocks};
    RuleTable table;
    CHECK(answer(breaking(kOther), facts, laboratory(), table) == Answer{false, Rule::opt_out});
    table.opt_out_breakable = true;
    CHECK(answer(breaking(kOther), facts, laboratory(), table) == Answer{true, Rule::break_glass_opt_out});
    CHECK(answer(clinician(kOther), facts, laboratory(), table) == Answer{false, Rule::opt_out});
}

TEST_CASE("lifts open blocks for whom they name, at most for the nation's days") {
    const std::vector<Block> blocks = {block(), block({.category = "test-result"}, Layer::outer, "b2")};
    std::vector<Lift> lifts = {{.fact_id = "l1", .provider_id = "SE2", .from = kNow - kDay, .to = kNow + kDay}};
    const Facts facts{.blocks = blocks, .lifts = lifts};
    CHECK(answer(clinician(kOther), facts).permit);
    CHECK(decide(clinician(kOther), facts, laboratory()).until == kNow + kDay);
    CHECK(answer(clinician(kThird), facts).rule == Rule::block);
    lifts[0].block_id = "b1";
    CHECK(decide(clinician(kOther), facts, laboratory()).fact_id == "b2");
    lifts[0] = {.fact_id = "l1", .user_id = "u1", .from = kNow - 6 * kDay, .to = kNow + 300 * kDay};
    CHECK(answer(clinician(kOther), facts).permit);
    CHECK(decide(clinician(kOther), facts, laboratory()).until == kNow + kDay);
    lifts[0].from = kNow - 7 * kDay;
    CHECK(answer(clinician(kOther), facts).rule == Rule::block);
    lifts[0] = {.fact_id = "l1", .provider_id = "SE2", .user_id = "u9", .from = kNow, .to = kNow + kDay};
    CHECK(answer(clinician(kOther), facts).rule == Rule::block);
}

TEST_CASE("representatives see what their mandates cover, visibly as such") {
    std::vector<Mandate> mandates = {mandate()};
    Facts facts{.mandates = mandates};
    const Decision decision = decide(representative(), facts, laboratory());
    CHECK(decision.permit);
    CHECK(decision.rule == Rule::representative);
    CHECK(decision.fact_id == "m1");
    CHECK(decision.duties.mark_representative);
    const std::vector<Block> blocks = {block()};
    facts.blocks = blocks;
    CHECK(answer(representative(), facts).permit);
    CHECK(answer(representative(), {}).rule == Rule::mandate);
    const auto with = [&](auto alter) {
        mandates = {mandate()};
        alter(mandates[0]);
        return answer(representative(), Facts{.mandates = mandates});
    };
    CHECK(with([](Mandate& m) { m.representative = person('x'); }).rule == Rule::mandate);
    CHECK(with([](Mandate& m) { m.to = kNow; }).rule == Rule::mandate);
    CHECK(with([](Mandate& m) { m.from = kNow + kDay; }).rule == Rule::mandate);
    CHECK(with([](Mandate& m) { m.purpose = "TREAT"; }).rule == Rule::mandate);
    CHECK(with([](Mandate& m) { m.purpose = "FAMRQT"; }).permit);
    CHECK(with([](Mandate& m) { m.scopes = {{.category = "imaging"}}; }).rule == Rule::mandate);
    CHECK(with([](Mandate& m) { m.scopes = {{.category = "imaging"}, {.category = "test-result"}}; }).permit);
}

TEST_CASE("parents see by age") {
    RuleTable table;
    table.minors = {{13, 18, {"imaging"}, fhir::SecurityLabel::SEX}};
    std::vector<Mandate> mandates = {mandate(MandateKind::parent)};
    const Facts facts{.mandates = mandates};
    Record record = laboratory();
    record.labels = fhir::SecurityLabel::SEX;
    const auto born = [&](int year, unsigned month, unsigned day) {
        const auto days =
            std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
        mandates[0].born = Instant{std::chrono::milliseconds(days.time_since_epoch()).count()};
    };
    // Now is 2026-11-23.
    born(2013, 11, 24);
    CHECK(answer(representative(), facts, record, table) == Answer{true, Rule::representative});
    const Decision before = decide(representative(), facts, record, table);
    CHECK(to_iso(before.until) == "2026-11-24T00:00:00.000Z");
    born(2013, 11, 23);
    CHECK(answer(representative(), facts, record, table) == Answer{false, Rule::minor_hidden});
    CHECK(answer(representative(), facts, laboratory(), table).permit);
    record = laboratory();
    record.category = "imaging";
    CHECK(answer(representative(), facts, record, table) == Answer{false, Rule::minor_hidden});
    born(2008, 11, 24);
    CHECK(answer(representative(), facts, laboratory(), table).permit);
    born(2008, 11, 23);
    CHECK(answer(representative(), facts, laboratory(), table) == Answer{false, Rule::mandate});
    mandates[0].born.reset();
    CHECK(answer(representative(), facts, laboratory(), table) == Answer{false, Rule::mandate});
    mandates[0].kind = MandateKind::guardian;
    CHECK(answer(representative(), facts, laboratory(), table).permit);
    CHECK(answer(representative(), facts, record, table).permit);
}

TEST_CASE("protected identity closes mandates that are not meant for it, and the border; contact is masked") {
    std::vector<Mandate> mandates = {mandate(MandateKind::guardian)};
    const Facts facts{.protected_identity = true, .mandates = mandates};
    CHECK(answer(representative(), facts) == Answer{false, Rule::protected_mandate});
    mandates[0].despite_protection = true;
    CHECK(answer(representative(), facts).permit);
    CHECK(decide(representative(), facts, laboratory()).duties.mask_contact);
    mandates[0] = mandate();
    CHECK(answer(representative(), facts).permit);
    CHECK(decide(clinician(kOther), facts, laboratory()).duties.mask_contact);
    CHECK(!decide(clinician(kOwn), facts, laboratory()).duties.mask_contact);
    CHECK(!decide(clinician(kOther), {}, laboratory()).duties.mask_contact);
    RuleTable table;
    table.border_countries = {"*"};
    CHECK(answer(abroad("NO"), facts, laboratory(), table) == Answer{false, Rule::protected_abroad});
}

TEST_CASE("what is delayed the person sees later, and care at once") {
    Record record = laboratory();
    record.delayed_until = kNow + kDay;
    CHECK(answer(patient(true), {}, record) == Answer{false, Rule::delayed});
    CHECK(decide(patient(true), {}, record).until == kNow + kDay);
    const std::vector<Mandate> mandates = {mandate()};
    CHECK(answer(representative(), {.mandates = mandates}, record).rule == Rule::delayed);
    CHECK(answer(clinician(kOther), {}, record).permit);
    CHECK(answer(clinician(kOwn), {}, record).permit);
    record.delayed_until = kNow;
    CHECK(answer(patient(true), {}, record).permit);
    record.delayed_until = kNow + kDay;
    RuleTable table;
    table.delay_categories = {"imaging"};
    CHECK(answer(patient(true), {}, record, table).permit);
    table.delay_categories = {"*"};
    table.delay_allowed = false;
    CHECK(answer(patient(true), {}, record, table).permit);
}

TEST_CASE("abroad, the table opens countries and categories, and the person closes them") {
    RuleTable table;
    CHECK(answer(abroad("NO"), {}, laboratory(), table) == Answer{false, Rule::border});
    table.border_countries = {"NO", "FI"};
    CHECK(answer(abroad("NO"), {}, laboratory(), table) == Answer{true, Rule::shared_care});
    CHECK(answer(abroad("DE"), {}, laboratory(), table).rule == Rule::border);
    table.border_categories = {"imaging"};
    CHECK(answer(abroad("NO"), {}, laboratory(), table).rule == Rule::border);
    table.border_categories = {"*"};
    std::vector<Block> blocks = {block({.provider_id = "SE1", .entry = "Observation/o1"}, Layer::abroad)};
    const Facts facts{.blocks = blocks};
    CHECK(answer(abroad("NO"), facts, laboratory(), table) == Answer{false, Rule::block_abroad});
    CHECK(answer(clinician(kOther), facts, laboratory(), table).permit);
    blocks[0].country = "FI";
    CHECK(answer(abroad("NO"), facts, laboratory(), table).permit);
    CHECK(answer(abroad("FI"), facts, laboratory(), table).rule == Rule::block_abroad);
    Request broken = abroad("FI");
    broken.break_glass = &kGlass;
    CHECK(answer(broken, facts, laboratory(), table).rule == Rule::block_abroad);
    table.break_glass_opens_abroad_blocks = true;
    CHECK(answer(broken, facts, laboratory(), table) == Answer{true, Rule::break_glass});
    blocks = {block()};
    CHECK(answer(abroad("NO"), facts, laboratory(), table).rule == Rule::block);
}

TEST_CASE("tasks read what the table gives them") {
    RuleTable table;
    table.tasks = {{"pharmacist", {"eprescription", "edispensation"}, {}}, {"physician", {"*"}, {}}};
    Request request = clinician(kOther);
    request.task = "pharmacist";
    CHECK(answer(request, {}, laboratory(), table) == Answer{false, Rule::task});
    Record record = laboratory();
    record.category = "eprescription";
    CHECK(answer(request, {}, record, table).permit);
    request.task = "physician";
    CHECK(answer(request, {}, laboratory(), table).permit);
    request.task = "gardener";
    CHECK(answer(request, {}, laboratory(), table).rule == Rule::task);
    table.tasks.push_back({"*", {"*"}, fhir::SecurityLabel::PSY});
    CHECK(answer(request, {}, laboratory(), table).permit);
    record.labels = fhir::SecurityLabel::PSY;
    CHECK(answer(request, {}, record, table).rule == Rule::task);
    table.assurance_min = 3;
    CHECK(answer(request, {}, laboratory(), table).rule == Rule::assurance);
    request.assurance = 3;
    CHECK(answer(request, {}, laboratory(), table).permit);
}

TEST_CASE("the question as such tells nothing of what the person has chosen") {
    const std::vector<Block> blocks = {block({})};
    const Facts closed{.opted_out = true, .protected_identity = true, .blocks = blocks};
    RuleTable table;
    const auto question = [&](const Request& request, const Facts& facts, std::string_view provider = {}) {
        const Decision decision = Judge(request, facts, table).question(provider);
        return Answer{decision.permit, decision.rule};
    };
    for (const Request& request : {clinician(kOther), clinician_without_care(kOther), patient(true), patient(false),
                                   with_role(Role::system, kOther), for_purpose(Purpose::HRESCH), abroad("NO")})
        CHECK(question(request, {}) == question(request, closed));
    CHECK(question(clinician(kOther), {}) == Answer{true, Rule::shared_care});
    CHECK(question(clinician_without_care(kOther), {}) == Answer{false, Rule::care_relation});
    CHECK(question(abroad("NO"), {}) == Answer{false, Rule::border});
    CHECK(question(patient(true), {}) == Answer{true, Rule::person});
    CHECK(question(clinician_without_care(kOwn), {}, kOwn) == Answer{true, Rule::own_provider});
    CHECK(question(representative(), {}) == Answer{false, Rule::mandate});
    std::vector<Mandate> mandates = {mandate()};
    mandates[0].scopes = {{.category = "imaging"}};
    CHECK(question(representative(), {.mandates = mandates}) == Answer{true, Rule::representative});
}

TEST_CASE("what may not be visible is not asked for") {
    std::vector<Block> blocks = {block({.category = "imaging"})};
    Facts facts{.blocks = blocks};
    const RuleTable table;
    const auto may = [&](const Request& request, std::string_view provider, std::string_view category = {}) {
        return Judge(request, facts, table).may_ask(provider, category);
    };
    CHECK(!may(clinician(kOther), kOwn, "imaging"));
    CHECK(may(clinician(kOther), kOwn, "test-result"));
    CHECK(may(clinician(kOther), kOwn));
    CHECK(may(breaking(kOther), kOwn, "imaging"));
    CHECK(may(clinician(kOwn), kOwn, "imaging"));
    CHECK(may(patient(true), kOwn, "imaging"));
    CHECK(!may(patient(false), kOwn));
    CHECK(!may(clinician_without_care(kOther), kOwn));
    blocks[0].scope = {.provider_id = "SE1", .unit_id = "E1"};
    CHECK(may(clinician(kOther), kOwn));
    blocks[0].scope = {.provider_id = "SE1"};
    CHECK(!may(clinician(kOther), kOwn));
    CHECK(may(clinician(kOther), kThird));
    blocks[0].scope = {};
    CHECK(!may(clinician(kOther), kThird));
    facts.opted_out = true;
    CHECK(!may(clinician(kOther), kThird));
    CHECK(may(clinician(kOwn), kOwn));
}

TEST_CASE("more blocks than fit in place are all heard, and the one with the smallest id answers") {
    std::vector<Block> blocks;
    for (int i = 99; i >= 0; --i)
        blocks.push_back(
            block({.provider_id = "SE" + std::to_string(i % 3)}, Layer::outer, "b" + std::to_string(100 + i)));
    CHECK(decide(clinician(kOther), {.blocks = blocks}, laboratory()).fact_id == "b101");
}

TEST_CASE("every rule has an id, a law and reasons, and codes come back") {
    std::set<std::string_view> ids;
    for (const RuleText& text : rules()) {
        CHECK(ids.insert(text.id).second);
        CHECK(rule_from(text.id) == text.rule);
        CHECK(id(text.rule) == text.id);
        CHECK(!text.law.empty());
        CHECK(!text.en.empty());
        CHECK(!text.sv.empty());
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
    for (const Care care : {Care::none, Care::declared, Care::known}) CHECK(care_from(to_string(care)) == care);
    for (const Ground ground : {Ground::life, Ground::health}) CHECK(ground_from(to_string(ground)) == ground);
    CHECK(!care_from(""));
    CHECK(!ground_from("convenience"));
    CHECK(assurance_from("loa3") == 3);
    CHECK(assurance_from("http://eidas.europa.eu/LoA/substantial") == 3);
    CHECK(assurance_from("http://id.elegnamnden.se/loa/1.0/loa4") == 4);
    for (const char* text : {"", "loa", "loa9", "/", "loa3/", "LOA3"}) CHECK(assurance_from(text) == 0);
}
