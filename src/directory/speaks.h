// Which version of the interface a role's system speaks, and what program it is: of an Endpoint, of a CapabilityStatement, and
// of the signed directory (docs/formats/directory.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::directory {

// Codes of Endpoint.payloadType: "1".
inline constexpr std::string_view kInterfaceSystem = "urn:idun:interface";
// Of HL7's pack of extensions, which R4 and R5 have no element for.
inline constexpr std::string_view kFhirVersionUrl = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version";
inline constexpr std::string_view kSoftwareUrl = "urn:idun:software";
// CapabilityStatement.instantiates, before "hub|1" or "node|1".
inline constexpr std::string_view kCapabilityUrl = "urn:idun:CapabilityStatement:";

struct Speaks {
    std::vector<unsigned> interfaces = {};  // rising; empty: it does not say, as nobody did while there was one
    std::string software = {};              // "idun 0.1.0"; "": it does not say
    std::string fhir = {};                  // "4.0.1"; "": it does not say

    // "1 2"
    std::string interfaces_text() const;
    friend bool operator==(const Speaks&, const Speaks&) = default;
};

// Of this program.
const Speaks& own_speech();

// `unsupported`, with what to do, when `theirs` names interfaces and none that this program knows. `who`: "the hub".
Status understood(const Speaks& theirs, std::string_view who);

// "1 2", as a table and the signed directory have it; "software" as Speaks has it. `invalid` names what is wrong.
Result<Speaks> speaks_from(std::string_view interfaces, std::string_view software, std::string_view fhir);
// `invalid` with the element.
Result<Speaks> speaks_of_endpoint(json::Value endpoint);
// Into an open Endpoint: its extension and its payloadType, which is "any" when it names no interface.
void write_in_endpoint(json::Writer& w, const Speaks& speaks);

// What a CapabilityStatement says; of one that is damaged or not ours nothing.
Speaks speaks_of_capability(json::Value capability);
// Into an open CapabilityStatement: instantiates, software. `role`: "hub" or "node".
void write_in_capability(json::Writer& w, std::string_view role);

}  // namespace idun::directory
