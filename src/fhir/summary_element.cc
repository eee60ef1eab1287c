#include "fhir/summary_element.h"

#include <algorithm>
#include <array>

namespace idun::fhir {
namespace {

using enum SummaryElement;

struct Word {
    SummaryElement element;
    std::string_view text;
};
constexpr std::array kWords = std::to_array<Word>({
    {personal, "personal"},
    {insurance, "insurance"},
    {allergies, "allergies"},
    {alerts, "alerts"},
    {vaccinations, "vaccinations"},
    {problems, "problems"},
    {history, "history"},
    {devices, "devices"},
    {procedures, "procedures"},
    {functional_status, "functional-status"},
    {medication, "medication"},
    {social_history, "social-history"},
    {pregnancies, "pregnancies"},
    {patient_provided, "patient-provided"},
    {observations, "observations"},
    {care_plans, "care-plans"},
    {rare_disease, "rare-disease"},
});

struct ByType {
    std::string_view type;
    SummaryElement element;
};
// Sorted. Types whose type alone tells.
constexpr std::array kByType = std::to_array<ByType>({
    {"AdverseEvent", alerts},
    {"AllergyIntolerance", allergies},
    {"BodyStructure", observations},
    {"CarePlan", care_plans},
    {"CareTeam", care_plans},
    {"ClinicalImpression", history},
    {"Coverage", insurance},
    {"DetectedIssue", alerts},
    {"Device", devices},
    {"DeviceRequest", devices},
    {"DeviceUseStatement", devices},
    {"FamilyMemberHistory", history},
    {"Flag", alerts},
    {"Goal", care_plans},
    {"Immunization", vaccinations},
    {"ImmunizationEvaluation", vaccinations},
    {"ImmunizationRecommendation", vaccinations},
    {"MedicationAdministration", medication},
    {"MedicationDispense", medication},
    {"MedicationRequest", medication},
    {"MedicationStatement", medication},
    {"NutritionOrder", care_plans},
    {"Patient", personal},
    {"Procedure", procedures},
    {"RelatedPerson", personal},
    {"RiskAssessment", history},
    {"ServiceRequest", care_plans},
    {"VisionPrescription", devices},
});
static_assert(std::ranges::is_sorted(kByType, {}, &ByType::type));

constexpr std::string_view kLoinc = "http://loinc.org";
// As the International Patient Summary codes them: status, expected date, outcomes and number of pregnancies.
constexpr std::array<std::string_view, 16> kPregnancyCodes = {
    "11449-6", "11612-9", "11613-7", "11614-5", "11636-8", "11637-6", "11638-4", "11639-2",
    "11640-0", "11778-8", "11779-6", "11780-4", "33065-4", "57062-2", "82810-3", "11884-4"};
constexpr std::string_view kFunctionalStatus = "47420-5";
constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";
constexpr std::string_view kOrphanet = "http://www.orpha.net";

template <typename Judge>
bool any_coding(json::Value concept_value, const Judge& judge) {
    for (const json::Value coding : concept_value["coding"].elements())
        if (judge(coding["system"].text(), coding["code"].text())) return true;
    return false;
}

template <typename Judge>
bool any_concept(json::Value concepts, const Judge& judge) {
    for (const json::Value one : concepts.elements())
        if (any_coding(one, judge)) return true;
    return false;
}

SummaryElement of_observation(json::Value resource) {
    if (any_coding(resource["code"], [](std::string_view system, std::string_view code) {
            return system == kLoinc && std::ranges::find(kPregnancyCodes, code) != kPregnancyCodes.end();
        }))
        return pregnancies;
    if (any_coding(resource["code"], [](std::string_view system, std::string_view code) {
            return system == kLoinc && code == kFunctionalStatus;
        }))
        return functional_status;
    if (any_concept(resource["category"], [](std::string_view system, std::string_view code) {
            return system == kObservationCategory && code == "social-history";
        }))
        return social_history;
    return observations;
}

SummaryElement of_condition(json::Value resource) {
    return any_coding(resource["code"], [](std::string_view system, auto) { return system == kOrphanet; })
               ? rare_disease
               : problems;
}

// Answers are the person's (or her representative's) own unless a professional gave them.
SummaryElement of_answers(json::Value resource) {
    const std::string_view source = resource["source"]["reference"].text();
    return source.starts_with("Practitioner") || source.starts_with("Organization") ? history : patient_provided;
}

}  // namespace

std::string_view to_string(SummaryElement element) {
    const auto at = std::ranges::find(kWords, element, &Word::element);
    return at == kWords.end() ? "" : at->text;
}

std::optional<SummaryElement> summary_element(std::string_view word) {
    const auto at = std::ranges::find(kWords, word, &Word::text);
    if (at == kWords.end()) return std::nullopt;
    return at->element;
}

SummaryElement summary_element_of(json::Value resource) {
    const std::string_view type = resource["resourceType"].text();
    if (type == "Observation") return of_observation(resource);
    if (type == "Condition") return of_condition(resource);
    if (type == "QuestionnaireResponse") return of_answers(resource);
    const auto at = std::ranges::lower_bound(kByType, type, {}, &ByType::type);
    return at != kByType.end() && at->type == type ? at->element : none;
}

}  // namespace idun::fhir
