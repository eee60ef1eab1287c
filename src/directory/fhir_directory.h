// Directory values as FHIR R4 Organization and Endpoint, after IHE mCSD (ITI-90).
#pragma once

#include <string>

#include "directory/directory.h"
#include "json/document.h"

namespace idun::directory {

// HSA-id has two systems in use; the OID form of the national profile is written, both are read.
inline constexpr std::string_view kHsaId = "urn:oid:1.2.752.29.4.19";
inline constexpr std::string_view kHsaIdOlder = "urn:oid:1.2.752.129.2.1.4.1";
inline constexpr std::string_view kOrganisationNumber = "urn:oid:2.5.4.97";

std::string to_fhir(const Organisation& organisation);
// Active, and without a period: until when it is leased the directory adds.
std::string to_fhir(const Endpoint& endpoint);

// Errors name the element. The id must be the one in the address.
Result<Organisation> organisation_from_fhir(json::Value resource, std::string_view id);
// The lease is the hub's to give, not the sender's.
Result<Endpoint> endpoint_from_fhir(json::Value resource, std::string_view id);

}  // namespace idun::directory
