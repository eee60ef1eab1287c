// The element groups of the patient summary (Regulation (EU) 2025/327, Annex I, category 1), so that a person can
// close or open one of them alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/document.h"

namespace idun::fhir {

// In the order of Annex I; personal details, contact and insurance are of the person, not of her health. The
// numbers reach disk (record headers): never reuse one.
enum class SummaryElement : std::uint8_t {
    none = 0,      // of no group
    personal = 1,  // 1 personal details, 2 contact information
    insurance = 3,
    allergies = 4,
    alerts = 5,
    vaccinations = 6,
    problems = 7,
    history = 8,  // textual medical history
    devices = 9,  // and implants
    procedures = 10,
    functional_status = 11,
    medication = 12,
    social_history = 13,
    pregnancies = 14,
    patient_provided = 15,
    observations = 16,
    care_plans = 17,
    rare_disease = 18,
};

// The word in facts and on the wire: "allergies"; "" for none.
std::string_view to_string(SummaryElement element);
// "" is no word: nothing.
std::optional<SummaryElement> summary_element(std::string_view word);

// By resource type and, for observations, conditions and answers, by code and who they come from. Prescriptions and
// dispensations are `medication` and laboratory results `observations` too: whoever closes a group closes it wherever
// it stands, also outside the summary. Never fails: what is not recognised is `none`.
SummaryElement summary_element_of(json::Value resource);

}  // namespace idun::fhir
