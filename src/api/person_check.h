// Identifiers of persons that cannot be right are refused before they are stored: nobody would ever find the record.
#pragma once

#include "base/time.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace idun::api {

// Of a Patient, or of the Patients in a Bundle; nothing for other resources. An issue for each identifier of a known
// national system that is malformed or whose check digit is wrong. Issues never quote the value.
fhir::Issues check_persons(json::Value resource, Instant now);

}  // namespace idun::api
