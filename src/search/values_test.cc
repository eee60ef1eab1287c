#include "search/values.h"

#include <doctest/doctest.h>

#include <string>

#include "fhir/definitions.h"
#include "search/fields.h"

namespace idun::search {
namespace {

std::string tokens(const char* json) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    std::string out;
    each_token(document->root()["v"], [&](TokenValue v) { out.append(v.system).append("|").append(v.code).append(" "); });
    return out;
}

TEST_CASE("tokens of every shape") {
    CHECK(tokens(R"({"v":"final"})") == "|final ");
    CHECK(tokens(R"({"v":true})") == "|true ");
    CHECK(tokens(R"({"v":{"system":"s","code":"c"}})") == "s|c ");
    CHECK(tokens(R"({"v":{"coding":[{"system":"s","code":"c"},{"code":"d"},{"display":"x"}],"text":"t"}})") == "s|c |d ");
    CHECK(tokens(R"({"v":{"system":"s","value":"v","type":{"coding":[{"code":"x"}]}}})") == "s|v ");
    CHECK(tokens(R"({"v":{"system":"phone","value":"1"}})") == "phone|1 ");
    CHECK(tokens(R"({"v":{"text":"only"}})") == "");
    CHECK(tokens(R"({"v":null})") == "");
    CHECK(tokens(R"({"v":""})") == "");
}

TEST_CASE("references") {
    const auto shown = [](std::string_view text) {
        const auto value = reference_value(text, "http://here/fhir");
        return value ? std::string(value->type) + " " + std::string(value->id) : "none";
    };
    CHECK(shown("Patient/p") == "Patient p");
    CHECK(shown("Patient/p/_history/2") == "Patient p");
    CHECK(shown("http://here/fhir/Patient/p") == "Patient p");
    CHECK(shown("http://here/fhir2/Patient/p") == " http://here/fhir2/Patient/p");
    CHECK(shown("http://there/Patient/p") == " http://there/Patient/p");
    CHECK(shown("urn:uuid:1") == " urn:uuid:1");
    CHECK(shown("Patient/p_q") == " Patient/p_q");
    CHECK(shown("#x") == "none");
    CHECK(shown("") == "none");
}

std::string intervals(const char* json) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    std::string out;
    each_interval(document->root()["v"], [&](Interval v) {
        out += v.from == Interval::kOpenFrom ? "open" : to_iso({v.from}).substr(0, 10);
        out += "/" + (v.to == Interval::kOpenTo ? "open" : to_iso({v.to}).substr(0, 10)) + " ";
    });
    return out;
}

TEST_CASE("intervals of every shape") {
    CHECK(intervals(R"({"v":"2026-01"})") == "2026-01-01/2026-02-01 ");
    CHECK(intervals(R"({"v":"soon"})") == "");
    CHECK(intervals(R"({"v":{"start":"2026-01-01"}})") == "2026-01-01/open ");
    CHECK(intervals(R"({"v":{"end":"2026-01-01"}})") == "open/2026-01-02 ");
    CHECK(intervals(R"({"v":{}})") == "");
    CHECK(intervals(R"({"v":{"event":["2026-01-05","2026-01-01"]}})") == "2026-01-01/2026-01-06 ");
    CHECK(intervals(R"({"v":{"repeat":{"boundsPeriod":{"start":"2026-01-01"}}}})") == "2026-01-01/open ");
}

TEST_CASE("paths of R4") {
    const SearchFields fields(fhir::Definitions::r4());
    struct Case {
        const char* name;
        const char* json;
        const char* found;
    };
    const Case cases[] = {
        {"date", R"({"resourceType":"Observation","effectivePeriod":{"start":"1"}})", R"(object)"},
        {"date", R"({"resourceType":"Observation","effectiveDateTime":"2"})", "2"},
        {"date", R"({"resourceType":"Observation","issued":"2"})", ""},
        {"date", R"({"resourceType":"RiskAssessment","occurrenceDateTime":"2"})", "2"},
        {"date", R"({"resourceType":"RiskAssessment","occurrencePeriod":{}})", ""},
        {"date", R"({"resourceType":"MedicationRequest","dosageInstruction":[{"timing":{"event":["3","4"]}}]})", "34"},
        {"code", R"({"resourceType":"MedicationRequest","medicationCodeableConcept":{}})", "object"},
        {"code", R"({"resourceType":"MedicationRequest","medicationReference":{}})", ""},
        {"code", R"({"resourceType":"AllergyIntolerance","code":{},"reaction":[{"substance":{}},{}]})", "objectobject"},
        {"patient", R"({"resourceType":"Condition","subject":{"reference":"x"}})", "object>Patient"},
        {"patient", R"({"resourceType":"AllergyIntolerance","patient":{}})", "object"},
        {"patient", R"({"resourceType":"Appointment","participant":[{"actor":{}},{"actor":{}}]})", "object>Patientobject>Patient"},
        {"identifier", R"({"resourceType":"DocumentReference","masterIdentifier":{},"identifier":[{},{}]})", "objectobjectobject"},
        {"status", R"({"resourceType":"Observation","status":"final"})", "final"},
        {"status", R"({"resourceType":"Observation","status":null})", ""},
        {"status", R"({"resourceType":"Observation","status":["a",["b"]]})", "ab"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.json);
        const auto document = json::Document::parse(c.json);
        REQUIRE(document);
        const SearchField* field = fields.find(document->root()["resourceType"].text(), c.name);
        REQUIRE(field != nullptr);
        std::string out;
        field->path.collect(document->root(), [&](json::Value v, std::string_view target) {
            out += v.is_object() ? "object" : std::string(v.text());
            if (!target.empty()) out.append(">").append(target);
        });
        CHECK(out == c.found);
    }
    for (const char* bad : {"Observation.", "Observation.nothing", "Observation.code.where(x = 1)", "Observation.extension('x').value",
                            "(Observation.code", "Observation.code)", "Observation.value as", "Observation", "Observation.code[0]"}) {
        CAPTURE(bad);
        const auto made = SearchPath::compile(fhir::Definitions::r4(), bad, "Observation");
        CHECK((!made || made->empty()));
    }
}

}  // namespace
}  // namespace idun::search
