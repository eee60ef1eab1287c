#include "ledger/internal/words.h"

#include <unordered_map>

namespace idun::ledger {
namespace {

// On disk, by place: only ever add at the end. The first 32 take one byte: roles, purposes, rules, types and categories
// that are met most; then what else the program says; then the other resource types of R4.
constexpr std::string_view kWords[] = {
    "clinician", "patient", "representative", "system", "administrator", "supervisor", "TREAT", "PATRQT",
    "FAMRQT", "ETREAT", "BTG", "own-provider", "own-unit", "shared-care", "person", "role", "care-relation",
    "Observation", "Condition", "MedicationRequest", "MedicationDispense", "Patient", "Encounter",
    "DiagnosticReport", "AllergyIntolerance", "other", "patient-summary", "eprescription", "edispensation",
    "imaging", "test-result", "discharge-report", "answered", "empty", "late", "down", "refused", "asked",
    "life", "health", "PWATRNY", "HOPERAT", "HRESCH", "HPAYMT", "PUBHLTH", "sweden-2026-1", "plain", "staff",
    "assurance", "block", "block-abroad", "border", "break-glass", "break-glass-inner", "break-glass-opt-out",
    "delayed", "inner-block", "mandate", "minor-hidden", "opt-out", "person-opt-out", "protected-abroad",
    "protected-mandate", "purpose", "representative-opt-out", "stale-facts", "task", "laboratory", "Account",
    "ActivityDefinition", "AdverseEvent", "Appointment", "AppointmentResponse", "AuditEvent", "Basic", "Binary",
    "BiologicallyDerivedProduct", "BodyStructure", "Bundle", "CapabilityStatement", "CarePlan", "CareTeam",
    "CatalogEntry", "ChargeItem", "ChargeItemDefinition", "Claim", "ClaimResponse", "ClinicalImpression",
    "CodeSystem", "Communication", "CommunicationRequest", "CompartmentDefinition", "Composition", "ConceptMap",
    "Consent", "Contract", "Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse",
    "DetectedIssue", "Device", "DeviceDefinition", "DeviceMetric", "DeviceRequest", "DeviceUseStatement",
    "DocumentManifest", "DocumentReference", "EffectEvidenceSynthesis", "Endpoint", "EnrollmentRequest",
    "EnrollmentResponse", "EpisodeOfCare", "EventDefinition", "Evidence", "EvidenceVariable", "ExampleScenario",
    "ExplanationOfBenefit", "FamilyMemberHistory", "Flag", "Goal", "GraphDefinition", "Group",
    "GuidanceResponse", "HealthcareService", "ImagingStudy", "Immunization", "ImmunizationEvaluation",
    "ImmunizationRecommendation", "ImplementationGuide", "InsurancePlan", "Invoice", "Library", "Linkage",
    "List", "Location", "Measure", "MeasureReport", "Media", "Medication", "MedicationAdministration",
    "MedicationKnowledge", "MedicationStatement", "MedicinalProduct", "MedicinalProductAuthorization",
    "MedicinalProductContraindication", "MedicinalProductIndication", "MedicinalProductIngredient",
    "MedicinalProductInteraction", "MedicinalProductManufactured", "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect", "MessageDefinition", "MessageHeader",
    "MolecularSequence", "NamingSystem", "NutritionOrder", "ObservationDefinition", "OperationDefinition",
    "OperationOutcome", "Organization", "OrganizationAffiliation", "Parameters", "PaymentNotice",
    "PaymentReconciliation", "Person", "PlanDefinition", "Practitioner", "PractitionerRole", "Procedure",
    "Provenance", "Questionnaire", "QuestionnaireResponse", "RelatedPerson", "RequestGroup",
    "ResearchDefinition", "ResearchElementDefinition", "ResearchStudy", "ResearchSubject", "RiskAssessment",
    "RiskEvidenceSynthesis", "Schedule", "SearchParameter", "ServiceRequest", "Slot", "Specimen",
    "SpecimenDefinition", "StructureDefinition", "StructureMap", "Subscription", "Substance",
    "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
    "SubstanceSourceMaterial", "SubstanceSpecification", "SupplyDelivery", "SupplyRequest", "Task",
    "TerminologyCapabilities", "TestReport", "TestScript", "ValueSet", "VerificationResult",
    "VisionPrescription",
};

const std::unordered_map<std::string_view, std::uint32_t>& numbers() {
    static const auto all = [] {
        std::unordered_map<std::string_view, std::uint32_t> out;
        for (const std::string_view word : kWords) out.emplace(word, static_cast<std::uint32_t>(out.size()));
        return out;
    }();
    return all;
}

}  // namespace

std::optional<std::uint32_t> word_number(std::string_view word) {
    const auto found = numbers().find(word);
    return found == numbers().end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string_view> word_of(std::uint64_t number) {
    if (number >= std::size(kWords)) return std::nullopt;
    return kWords[number];
}

}  // namespace idun::ledger
