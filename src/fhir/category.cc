#include "fhir/category.h"

#include <algorithm>

namespace idun::fhir {
namespace {

using enum PriorityCategory;

struct Word {
    PriorityCategory category;
    std::string_view text;
};
constexpr std::array<Word, 7> kWords = {{
    {other, "other"},
    {patient_summary, "patient-summary"},
    {eprescription, "eprescription"},
    {edispensation, "edispensation"},
    {imaging, "imaging"},
    {test_result, "test-result"},
    {discharge_report, "discharge-report"},
}};

struct ByType {
    std::string_view type;
    PriorityCategory category;
};
// Sorted. Types whose type alone tells; Patient is element 1 of the summary but is the person, not a record
// about her, so that an index entry never says more than that records exist.
constexpr std::array kByType = std::to_array<ByType>({
    {"AdverseEvent", patient_summary},
    {"AllergyIntolerance", patient_summary},
    {"BodyStructure", patient_summary},
    {"CarePlan", patient_summary},
    {"CareTeam", patient_summary},
    {"ClinicalImpression", patient_summary},
    {"Condition", patient_summary},
    {"Coverage", patient_summary},
    {"DetectedIssue", patient_summary},
    {"Device", patient_summary},
    {"DeviceRequest", patient_summary},
    {"DeviceUseStatement", patient_summary},
    {"FamilyMemberHistory", patient_summary},
    {"Flag", patient_summary},
    {"Goal", patient_summary},
    {"ImagingStudy", imaging},
    {"Immunization", patient_summary},
    {"ImmunizationEvaluation", patient_summary},
    {"ImmunizationRecommendation", patient_summary},
    {"Media", imaging},
    {"MedicationAdministration", patient_summary},
    {"MedicationDispense", edispensation},
    {"MedicationRequest", eprescription},
    {"MedicationStatement", patient_summary},
    {"MolecularSequence", test_result},
    {"NutritionOrder", patient_summary},
    {"Procedure", patient_summary},
    {"QuestionnaireResponse", patient_summary},
    {"RiskAssessment", patient_summary},
    {"ServiceRequest", patient_summary},
    {"Specimen", test_result},
    {"VisionPrescription", patient_summary},
});
static_assert(std::ranges::is_sorted(kByType, {}, &ByType::type));

constexpr std::string_view kLoinc = "http://loinc.org";

struct ByCode {
    std::string_view code;
    PriorityCategory category;
};
// LOINC document types of the European profiles and their near relatives.
constexpr std::array kByLoinc = std::to_array<ByCode>({
    {"60591-5", patient_summary},  // patient summary document
    {"18842-5", discharge_report}, // discharge summary
    {"34105-7", discharge_report}, // hospital discharge summary
    {"34745-0", discharge_report}, // nurse discharge summary
    {"28655-9", discharge_report}, // physician discharge summary
    {"11490-0", discharge_report}, // physician discharge summary
    {"11502-2", test_result},      // laboratory report
    {"26436-6", test_result},      // laboratory studies
    {"18719-5", test_result},      // chemistry studies
    {"18725-2", test_result},      // microbiology studies
    {"11526-1", test_result},      // pathology study
    {"68604-8", imaging},          // radiology diagnostic study note
    {"18748-4", imaging},          // diagnostic imaging study
    {"18726-0", imaging},          // radiology studies
    {"85430-7", imaging},          // imaging report
    {"57833-6", eprescription},    // prescription for medication
    {"60593-1", edispensation},    // medication dispensed
    {"56445-0", patient_summary},  // medication summary document
    {"82593-5", patient_summary},  // immunization summary report
});

// HL7 v2 table 0074, as DiagnosticReport.category uses it.
constexpr std::string_view kSection = "http://terminology.hl7.org/CodeSystem/v2-0074";
constexpr std::array<std::string_view, 11> kImagingSections = {"RAD", "RUS", "CT",  "NMR", "NMS", "RX",
                                                               "XRC", "VUS", "OUS", "RT",  "CUS"};
constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";

template <typename Judge>
std::optional<PriorityCategory> first_coding(json::Value concepts, const Judge& judge) {
    if (concepts.is_array()) {
        for (const json::Value concept_value : concepts.elements()) {
            if (const auto found = first_coding(concept_value, judge)) return found;
        }
        return std::nullopt;
    }
    for (const json::Value coding : concepts["coding"].elements()) {
        if (const auto found = judge(coding["system"].text(), coding["code"].text())) return found;
    }
    return std::nullopt;
}

std::optional<PriorityCategory> by_loinc(std::string_view system, std::string_view code) {
    if (system != kLoinc) return std::nullopt;
    const auto at = std::ranges::find(kByLoinc, code, &ByCode::code);
    if (at == kByLoinc.end()) return std::nullopt;
    return at->category;
}

PriorityCategory of_document(json::Value resource) {
    if (const auto found = first_coding(resource["type"], by_loinc)) return *found;
    return first_coding(resource["category"], by_loinc).value_or(other);
}

PriorityCategory of_report(json::Value resource) {
    const auto by_section = [](std::string_view system, std::string_view code) -> std::optional<PriorityCategory> {
        if (system == kSection) {
            return std::ranges::find(kImagingSections, code) != kImagingSections.end() ? imaging : test_result;
        }
        return by_loinc(system, code);
    };
    if (const auto found = first_coding(resource["category"], by_section)) return *found;
    if (const auto found = first_coding(resource["code"], by_loinc)) return *found;
    if (resource["imagingStudy"].size() > 0) return imaging;
    return test_result;  // a report that says nothing else is one of in vitro diagnostics
}

PriorityCategory of_observation(json::Value resource) {
    const auto by_kind = [](std::string_view system, std::string_view code) -> std::optional<PriorityCategory> {
        if (system == kSection) {
            return std::ranges::find(kImagingSections, code) != kImagingSections.end() ? imaging : test_result;
        }
        if (system != kObservationCategory) return std::nullopt;
        if (code == "laboratory") return test_result;
        if (code == "imaging") return imaging;
        return patient_summary;  // vital-signs, social-history, survey, exam, therapy, activity, procedure
    };
    if (const auto found = first_coding(resource["category"], by_kind)) return *found;
    return resource["specimen"] ? test_result : patient_summary;
}

}  // namespace

std::string_view to_string(PriorityCategory category) {
    const auto at = std::ranges::find(kWords, category, &Word::category);
    return at == kWords.end() ? "other" : at->text;
}

std::optional<PriorityCategory> priority_category(std::string_view word) {
    const auto at = std::ranges::find(kWords, word, &Word::text);
    if (at == kWords.end()) return std::nullopt;
    return at->category;
}

PriorityCategory category_of(json::Value resource) {
    const std::string_view type = resource["resourceType"].text();
    if (type == "Observation") return of_observation(resource);
    if (type == "DiagnosticReport") return of_report(resource);
    if (type == "Composition" || type == "DocumentReference" || type == "DocumentManifest") return of_document(resource);
    if (type == "Bundle" && resource["type"].text() == "document") {
        return of_document(resource["entry"][std::size_t{0}]["resource"]);
    }
    const auto at = std::ranges::lower_bound(kByType, type, {}, &ByType::type);
    return at != kByType.end() && at->type == type ? at->category : other;
}

}  // namespace idun::fhir
