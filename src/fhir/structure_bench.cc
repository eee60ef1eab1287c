// check_structure over resources as a record system sends them: one each of seven frequent kinds, checked in turn.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "fhir/structure.h"

namespace {

using namespace idun;

const char* const kResources[] = {
    R"({"resourceType":"Patient","id":"0f2a6b5e-0000-4000-8000-00000000beef",
        "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Made for <a href=\"https://example.org/\">measuring</a>.</div>"},
        "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"Made Up"},
          {"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"Kiruna","country":"SE"}}],
        "identifier":[{"system":"urn:oid:1.2.3","value":"0f2a6b5e"},
          {"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical Record Number"}]},"system":"http://hospital.example.org","value":"1"}],
        "name":[{"use":"official","family":"Made","given":["Up"],"prefix":["Ms."]}],
        "telecom":[{"system":"phone","value":"555-0100","use":"home"}],"gender":"female","birthDate":"1987-05-14",
        "address":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/geolocation",
            "extension":[{"url":"latitude","valueDecimal":67.85},{"url":"longitude","valueDecimal":20.22}]}],
          "line":["1 Example Street"],"city":"Kiruna","postalCode":"98100","country":"SE"}],
        "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"M"}],"text":"M"},
        "multipleBirthBoolean":false,"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"sv","display":"Swedish"}],"text":"Swedish"}}]})",
    R"({"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},
        "type":[{"coding":[{"system":"http://snomed.info/sct","code":"162673000","display":"General examination"}],"text":"General examination"}],
        "subject":{"reference":"urn:uuid:0f2a6b5e-0000-4000-8000-00000000beef","display":"Ms. Made"},
        "participant":[{"individual":{"reference":"urn:uuid:0000016d-3a85-4cca-0000-00000000c1c6","display":"Dr. Example"}}],
        "period":{"start":"2012-04-05T10:20:30+02:00","end":"2012-04-05T10:50:30+02:00"},
        "serviceProvider":{"reference":"urn:uuid:ef58ea08-d883-3957-8300-150554edc8fb","display":"Example Hospital"}})",
    R"({"resourceType":"Condition","id":"c1","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},
        "verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"195662009","display":"Acute viral pharyngitis"}],"text":"Acute viral pharyngitis"},
        "subject":{"reference":"urn:uuid:0f2a6b5e-0000-4000-8000-00000000beef"},"encounter":{"reference":"urn:uuid:4a9a4a6c-2c11-4f3c-8a5c-0123456789ab"},
        "onsetDateTime":"2012-04-05T10:20:30+02:00","abatementDateTime":"2012-04-15T10:20:30+02:00","recordedDate":"2012-04-05T10:20:30+02:00"})",
    R"({"resourceType":"Observation","id":"o1","status":"final",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},
        "subject":{"reference":"urn:uuid:0f2a6b5e-0000-4000-8000-00000000beef"},"encounter":{"reference":"urn:uuid:4a9a4a6c-2c11-4f3c-8a5c-0123456789ab"},
        "effectiveDateTime":"2012-04-05T10:20:30+02:00","issued":"2012-04-05T10:20:30.123+02:00",
        "valueQuantity":{"value":171.40,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})",
    R"({"resourceType":"Observation","id":"o2","status":"final",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"55284-4","display":"Blood Pressure"}],"text":"Blood Pressure"},
        "subject":{"reference":"urn:uuid:0f2a6b5e-0000-4000-8000-00000000beef"},"effectiveDateTime":"2012-04-05T10:20:30+02:00",
        "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic"}],"text":"Diastolic"},
            "valueQuantity":{"value":80,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
          {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic"}],"text":"Systolic"},
            "valueQuantity":{"value":120,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]})",
    R"({"resourceType":"MedicationRequest","id":"m1","contained":[{"resourceType":"Medication","id":"med","code":{"text":"Amoxicillin"}}],
        "status":"stopped","intent":"order","medicationReference":{"reference":"#med"},
        "subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"authoredOn":"2012-04-05T10:20:30+02:00",
        "requester":{"reference":"Practitioner/d1","display":"Dr. Example"},
        "dosageInstruction":[{"sequence":1,"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d"}},"asNeededBoolean":false,
          "doseAndRate":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/dose-rate-type","code":"ordered"}]},"doseQuantity":{"value":1}}]}]})",
    R"({"resourceType":"Immunization","id":"i1","status":"completed",
        "vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"140","display":"Influenza"}],"text":"Influenza"},
        "patient":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"occurrenceDateTime":"2012-04-05T10:20:30+02:00","primarySource":true})",
};

std::vector<json::Document> parsed() {
    std::vector<json::Document> out;
    for (const char* text : kResources) {
        auto document = json::Document::parse(text);
        if (!document || !fhir::check_structure(fhir::Definitions::r4(), document->root()).empty()) std::abort();
        out.push_back(std::move(*document));
    }
    return out;
}

void count(benchmark::State& state, std::size_t issues) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(std::size(kResources)));
    state.SetLabel("items are resources; issues " + std::to_string(issues));
}

void check(benchmark::State& state) {
    const auto documents = parsed();
    std::size_t issues = 0;
    for (auto _ : state) {
        for (const auto& document : documents) issues += fhir::check_structure(fhir::Definitions::r4(), document.root()).size();
        benchmark::DoNotOptimize(issues);
    }
    count(state, issues);
}

void parse_and_check(benchmark::State& state) {
    parsed();
    std::size_t issues = 0;
    for (auto _ : state) {
        for (const char* text : kResources) {
            const auto document = json::Document::parse(text);
            issues += fhir::check_structure(fhir::Definitions::r4(), document->root()).size();
        }
        benchmark::DoNotOptimize(issues);
    }
    count(state, issues);
}

BENCHMARK(check);
BENCHMARK(parse_and_check);

}  // namespace
