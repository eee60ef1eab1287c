// The priority categories of the European Health Data Space (Regulation (EU) 2025/327, Annex I): what kind of
// data a resource holds, for index entries, rights and log entries. See docs/decisions/0014-records-categories.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "json/document.h"

namespace idun::fhir {

// The numbers reach disk (record headers, change notes): never reuse one.
enum class PriorityCategory : std::uint8_t {
    other = 0,             // none of the six: administrative data, persons, organisations
    patient_summary = 1,
    eprescription = 2,
    edispensation = 3,
    imaging = 4,
    test_result = 5,
    discharge_report = 6,
};

inline constexpr std::array kPriorityCategories = {
    PriorityCategory::other,         PriorityCategory::patient_summary, PriorityCategory::eprescription,
    PriorityCategory::edispensation, PriorityCategory::imaging,         PriorityCategory::test_result,
    PriorityCategory::discharge_report};

// The word on the wire: "patient-summary", "eprescription", "edispensation", "imaging", "test-result",
// "discharge-report", "other".
std::string_view to_string(PriorityCategory category);
std::optional<PriorityCategory> priority_category(std::string_view word);

// Looks at the resource type and, where the type alone does not tell, at category and type codes (LOINC,
// HL7 observation categories, v2-0074). Never fails: what is not recognised is `other`.
PriorityCategory category_of(json::Value resource);

}  // namespace idun::fhir
