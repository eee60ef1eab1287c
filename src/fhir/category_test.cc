#include "fhir/category.h"

#include <doctest/doctest.h>

namespace idun::fhir {
namespace {

TEST_CASE("priority categories") {
    struct Case {
        const char* json;
        const char* category;
    };
    const Case cases[] = {
        {R"({"resourceType":"MedicationRequest"})", "eprescription"},
        {R"({"resourceType":"MedicationDispense"})", "edispensation"},
        {R"({"resourceType":"MedicationStatement"})", "patient-summary"},
        {R"({"resourceType":"ImagingStudy"})", "imaging"},
        {R"({"resourceType":"Media"})", "imaging"},
        {R"({"resourceType":"Specimen"})", "test-result"},
        {R"({"resourceType":"AllergyIntolerance"})", "patient-summary"},
        {R"({"resourceType":"DeviceUseStatement"})", "patient-summary"},
        {R"({"resourceType":"FamilyMemberHistory"})", "patient-summary"},
        {R"({"resourceType":"Patient"})", "other"},
        {R"({"resourceType":"Encounter"})", "other"},
        {R"({"resourceType":"Organization"})", "other"},
        {R"({"resourceType":"Zzz"})", "other"},
        {R"({})", "other"},
        {R"([])", "other"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]})", "test-result"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]})", "patient-summary"},
        {R"({"resourceType":"Observation","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"imaging"}]}]})", "imaging"},
        {R"({"resourceType":"Observation","category":[{"text":"x"},{"coding":[{"system":"x","code":"laboratory"}]}]})", "patient-summary"},
        {R"({"resourceType":"Observation","specimen":{"reference":"Specimen/1"}})", "test-result"},
        {R"({"resourceType":"Observation"})", "patient-summary"},
        {R"({"resourceType":"DiagnosticReport","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"RAD"}]}]})", "imaging"},
        {R"({"resourceType":"DiagnosticReport","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}]}]})", "test-result"},
        {R"({"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"68604-8"}]}})", "imaging"},
        {R"({"resourceType":"DiagnosticReport"})", "test-result"},
        {R"({"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]}})", "patient-summary"},
        {R"({"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]}})", "discharge-report"},
        {R"({"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"11502-2"}]}})", "test-result"},
        {R"({"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"57833-6"}]}})", "eprescription"},
        {R"({"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"60593-1"}]}})", "edispensation"},
        {R"({"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"68604-8"}]}})", "imaging"},
        {R"({"resourceType":"DocumentReference","type":{"coding":[{"system":"other","code":"68604-8"}]}})", "other"},
        {R"({"resourceType":"DocumentReference","type":{"text":"x"}})", "other"},
        {R"({"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]}}}]})", "discharge-report"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.json);
        const auto document = json::Document::parse(c.json);
        REQUIRE(document);
        CHECK(to_string(category_of(document->root())) == c.category);
    }
}

TEST_CASE("words") {
    for (const PriorityCategory category : kPriorityCategories) CHECK(priority_category(to_string(category)) == category);
    CHECK(!priority_category("Imaging"));
    CHECK(!priority_category(""));
    CHECK(to_string(static_cast<PriorityCategory>(99)) == "other");
}

}  // namespace
}  // namespace idun::fhir
