#include "api/consent.h"

#include <doctest/doctest.h>

#include "api/given.h"
#include "api/task.h"

using namespace idun;
using namespace idun::api;

namespace {

constexpr Instant kNow{1'800'000'000'000};
constexpr std::chrono::hours kDay(24);

Result<Choice> read(const std::string& text) {
    const auto document = json::Document::parse(text);
    REQUIRE_MESSAGE(document.has_value(), text);
    return choice_from_fhir(document->root(), kNow);
}

std::string written(const Choice& choice) {
    Shown shown;
    shown.id = "id-1";
    shown.set = kNow;
    shown.who_id = "u1";
    shown.who_name = "Eva";
    shown.who_role = "patient";
    shown.who_provider = "SE9";
    return to_fhir(choice, shown, [](std::string_view id) { return "Name of " + std::string(id); });
}

Choice block() {
    Choice out;
    out.kind = ChoiceKind::block;
    out.block.scope = {.provider_id = "SE1",
                       .unit_id = "SE1-U1",
                       .category = "patient-summary",
                       .element = "allergies",
                       .entry = "AllergyIntolerance/a1",
                       .from = kNow - kDay,
                       .to = kNow};
    out.block.except = {{"SE2", ""}, {"", "u7"}};
    out.block.from = kNow;
    out.block.to = kNow + 10 * kDay;
    out.warning = "urn:idun:warning:block:1";
    return out;
}
Choice lift() {
    Choice out;
    out.kind = ChoiceKind::lift;
    out.lift = {"", "b1", "SE2", "u7", kNow, kNow + 7 * kDay};
    return out;
}
Choice mandate() {
    Choice out;
    out.kind = ChoiceKind::mandate;
    out.mandate.kind = rights::MandateKind::guardian;
    out.mandate.scopes.resize(2);
    out.mandate.scopes[0].category = "test-result";
    out.mandate.scopes[1].provider_id = "SE1";
    out.mandate.purpose = "PATRQT";
    out.mandate.may_manage = true;
    out.mandate.despite_protection = true;
    out.mandate.from = kNow;
    out.patient = Identifier{"urn:x", "1"};
    out.representative = Identifier{"urn:x", "2"};
    out.representative_name = "Adam";
    out.evidence = "paper 7";
    return out;
}

// Everything of it that FHIR carries.
void check_same(const Choice& a, const Choice& b) {
    CHECK(a.kind == b.kind);
    CHECK(a.block == b.block);
    CHECK(a.lift == b.lift);
    CHECK(a.mandate == b.mandate);
    CHECK(a.patient == b.patient);
    CHECK(a.representative == b.representative);
    CHECK(a.representative_name == b.representative_name);
    CHECK(a.warning == b.warning);
    CHECK(a.evidence == b.evidence);
}

}  // namespace

TEST_CASE("a choice survives the way over FHIR") {
    Choice inner = block(), abroad, all, plain_mandate = mandate(), one_scope = mandate();
    inner.block.layer = rights::Layer::inner;
    abroad.kind = all.kind = ChoiceKind::block;
    abroad.block.layer = rights::Layer::abroad;
    abroad.block.country = "DE";
    abroad.block.from = all.block.from = kNow;
    plain_mandate.mandate.scopes.clear();
    plain_mandate.mandate.kind = rights::MandateKind::chosen;
    plain_mandate.mandate.may_manage = plain_mandate.mandate.despite_protection = false;
    one_scope.mandate.scopes.resize(1);
    Choice out, secondary;
    secondary.kind = ChoiceKind::secondary_opt_out;
    for (const Choice& choice :
         {out, secondary, block(), inner, abroad, all, lift(), mandate(), plain_mandate, one_scope}) {
        const std::string text = written(choice);
        const auto back = read(text);
        REQUIRE_MESSAGE(back.has_value(), std::string(back ? "" : back.error().message + " " + back.error().path)
                                              << " " << text);
        check_same(*back, choice);
    }
}

TEST_CASE("a choice without a start begins now; dates stand for days") {
    const auto read_one = read(
        R"({"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
            "category":[{"coding":[{"system":"urn:idun:consent-category","code":"block"}]}],
            "provision":{"type":"deny","period":{"end":"2030-01-31"},"dataPeriod":{"start":"2020-01-01","end":"2020-01-01"}}})");
    REQUIRE(read_one);
    CHECK(read_one->block.from == kNow);
    CHECK(to_iso(*read_one->block.to) == "2030-02-01T00:00:00.000Z");
    CHECK(*read_one->block.scope.to - *read_one->block.scope.from == kDay);
    CHECK(read_one->block.layer == rights::Layer::outer);
}

TEST_CASE("a choice that is understood by half is refused") {
    struct Row {
        Choice (*choice)();
        const char* from;
        const char* to;
    };
    for (const Row& row : {Row{block, R"("active")", R"("inactive")"},
                           Row{block, R"("deny")", R"("permit")"},
                           Row{block, R"("code":"block")", R"("code":"lock")"},
                           Row{block, R"("code":"block")", R"("code":"opt-out")"},
                           Row{block, R"("code":"block")", R"("code":"lift")"},
                           Row{block, "patient-privacy", "research"},
                           Row{block, R"("status")", R"("x":1,"status")"},
                           Row{block, R"("type":"deny")", R"("type":"deny","securityLabel":[])"},
                           Row{block, R"("urn:idun:unit")", R"("urn:idun:ward")"},
                           Row{block, R"("value":"SE1")", R"("value":"")"},
                           Row{block, R"("value":"SE1")", R"("value":"S 1")"},
                           Row{block, R"("code":"patient-summary")", R"("code":"secrets")"},
                           Row{block, R"("code":"allergies")", R"("code":"moods")"},
                           Row{block, "AllergyIntolerance/a1", "AllergyIntolerance"},
                           Row{block, "AllergyIntolerance/a1", "http://x/AllergyIntolerance/a1"},
                           Row{block, R"("meaning":"instance")", R"("meaning":"related")"},
                           Row{block, R"("urn:idun:user","value":"u7")", R"("urn:idun:people","value":"u7")"},
                           Row{block, R"("type":"permit")", R"("type":"deny")"},
                           Row{block, R"("start":"2027-01-15)", R"("start":"2029-01-15)"},
                           Row{block, R"("end":"2027-01-25T)", R"("end":"soon)"},
                           Row{lift, R"("end")", R"("ende")"},
                           Row{lift, "Consent/b1", "Observation/b1"},
                           Row{lift, R"("IRCP")", R"("CST")"},
                           Row{mandate, "mandate-guardian", "mandate-foreign"},
                           Row{mandate, "mandate-guardian", "mandate-cousin"},
                           Row{mandate, R"("code":"manage")", R"("code":"rule")"},
                           Row{mandate, R"("code":"PATRQT")", R"("code":"FUN")"},
                           Row{mandate, R"("system":"urn:x","value":"2")", R"("value":"2")"},
                           Row{mandate, R"({"system":"urn:idun:category","code":"test-result"})", "{}"}}) {
        std::string bad = written(row.choice());
        const auto place = bad.find(row.from);
        REQUIRE_MESSAGE(place != std::string::npos, row.from << " in " << bad);
        bad.replace(place, std::string_view(row.from).size(), row.to);
        CHECK_MESSAGE(!read(bad), row.to);
    }
}

TEST_CASE("parameters are read strictly") {
    const auto given = [](const char* parameters) {
        const auto document =
            json::Document::parse(R"({"resourceType":"Parameters","parameter":[)" + std::string(parameters) + "]}");
        REQUIRE_MESSAGE(document.has_value(), parameters);
        return given_in(document->root(), {"identifier", "on", "reason"});
    };
    const auto good = given(R"({"name":"identifier","valueIdentifier":{"system":"urn:x","value":"1"}},
                               {"name":"on","valueBoolean":true},{"name":"reason","valueString":"r"})");
    REQUIRE(good);
    CHECK(good->identifier()->value == "1");
    CHECK(*good->flag("on", false));
    CHECK(*good->required("reason", 10) == "r");
    CHECK(!good->required("reason", 0));
    CHECK(!given(R"({"name":"off","valueBoolean":true})"));
    CHECK(!given(R"({"name":"on","valueBoolean":true},{"name":"on","valueBoolean":true})"));
    CHECK(!given(R"({"name":"on"})"));
    CHECK(!given(R"({"name":"on","valueBoolean":true,"valueString":"x"})"));
    CHECK(!given(R"({"name":"identifier","valueIdentifier":{"system":"urn:x"}})"));
    CHECK(!given(R"({"name":"identifier","valueIdentifier":{"system":"urn:x","value":"1","use":"old"}})"));
    CHECK(!given(R"({"name":"reason","valueString":"perhaps"})")->flag("reason", true));
}

TEST_CASE("a complaint is read strictly and told with its history") {
    const std::string good =
        R"({"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"urn:idun:task","code":"complaint"}]},
            "description":"they would not say","input":[
            {"type":{"coding":[{"system":"urn:idun:task-input","code":"category"}]},"valueCode":"right"},
            {"type":{"coding":[{"system":"urn:idun:task-input","code":"complainant"}]},"valueIdentifier":{"system":"urn:x","value":"2"}},
            {"type":{"coding":[{"system":"urn:idun:task-input","code":"organisation"}]},"valueString":"Patientföreningen"}]})";
    const auto document = json::Document::parse(good);
    const auto complaint = complaint_from_fhir(document->root());
    REQUIRE(complaint);
    CHECK(complaint->category == "right");
    CHECK(complaint->complainants.size() == 1);
    CHECK(complaint->organisation == "Patientföreningen");
    for (const auto& [from, to] :
         {std::pair(R"("requested")", R"("completed")"), std::pair(R"("code":"complaint")", R"("code":"follow-up")"),
          std::pair(R"("valueCode":"right")", R"("valueCode":"wrong")"), std::pair(R"("they would not say")", R"("")"),
          std::pair(R"("intent")", R"("owner":{},"intent")"),
          std::pair(R"("code":"organisation")", R"("code":"category")")}) {
        std::string bad = good;
        bad.replace(bad.find(from), std::string_view(from).size(), to);
        const auto other = json::Document::parse(bad);
        REQUIRE(other);
        CHECK_MESSAGE(!complaint_from_fhir(other->root()), to);
    }
}
