// Cases as FHIR R4 Task: complaints, and questions to whoever has broken a glass. Shapes: docs/formats/rights-wire.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/consent.h"
#include "exchange/cases.h"
#include "json/document.h"

namespace idun::api {

struct Complaint {
    std::string category;  // "right": about the rights of Art. 3 and 5 to 10; "other"
    std::string text;
    std::string provider_id;               // whom it is about; may be empty
    std::string organisation;              // that complains on a mandate; may be empty
    std::vector<Identifier> complainants;  // besides the caller
};

// Strict, as for Consent.
Result<Complaint> complaint_from_fhir(json::Value task);
// `names_person`: whether the reader may learn whom it is about.
std::string to_fhir(const exchange::Case& one, bool names_person);

}  // namespace idun::api
