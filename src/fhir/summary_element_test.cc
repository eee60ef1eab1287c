#include "fhir/summary_element.h"

#include <doctest/doctest.h>

#include <set>

namespace idun::fhir {
namespace {

TEST_CASE("element groups of the patient summary") {
    struct Case {
        const char* json;
        const char* element;
    };
    const Case cases[] = {
        {R"({"resourceType":"AllergyIntolerance"})", "allergies"},
        {R"({"resourceType":"Immunization"})", "vaccinations"},
        {R"({"resourceType":"MedicationStatement"})", "medication"},
        {R"({"resourceType":"MedicationRequest"})", "medication"},
        {R"({"resourceType":"Condition"})", "problems"},
        {R"({"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"E84"}]}})",
         "problems"},
        {R"({"resourceType":"Condition","code":{"coding":[{"system":"http://www.orpha.net","code":"586"}]}})",
         "rare-disease"},
        {R"({"resourceType":"Observation"})", "observations"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"social-history"}]}]})",
         "social-history"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]})",
         "observations"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"x","code":"social-history"}]}]})",
         "observations"},
        {R"({"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]}})",
         "pregnancies"},
        {R"({"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"47420-5"}]}})",
         "functional-status"},
        {R"({"resourceType":"QuestionnaireResponse","source":{"reference":"Patient/p1"}})", "patient-provided"},
        {R"({"resourceType":"QuestionnaireResponse"})", "patient-provided"},
        {R"({"resourceType":"QuestionnaireResponse","source":{"reference":"PractitionerRole/p1"}})", "history"},
        {R"({"resourceType":"Patient"})", "personal"},
        {R"({"resourceType":"Coverage"})", "insurance"},
        {R"({"resourceType":"Encounter"})", ""},
        {R"({"resourceType":"DiagnosticReport"})", ""},
        {R"({"resourceType":"Zzz"})", ""},
        {R"({})", ""},
        {R"([])", ""},
    };
    for (const Case& c : cases)
        CHECK_MESSAGE(to_string(summary_element_of(json::Document::parse(c.json)->root())) == c.element, c.json);
}

TEST_CASE("the words of element groups come back") {
    std::set<std::string_view> words;
    for (unsigned i = 1; i <= 18; ++i) {
        const auto element = static_cast<SummaryElement>(i);
        if (i == 2) continue;  // contact information is with personal details
        CHECK(words.insert(to_string(element)).second);
        CHECK(summary_element(to_string(element)) == element);
    }
    CHECK(to_string(SummaryElement::none).empty());
    CHECK(!summary_element(""));
    CHECK(!summary_element("Allergies"));
}

}  // namespace
}  // namespace idun::fhir
