// The text of Reference.reference, taken apart (FHIR R4 §2.3.0).
//
//     const auto reference = parse_reference("Patient/p1/_history/3");
//     // kind relative, type "Patient", id "p1", version "3"
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace idun::fhir {

enum class ReferenceKind : std::uint8_t {
    relative,     // Patient/p1 or Patient/p1/_history/3
    absolute,     // http(s)://host/base/Patient/p1; type and id are empty when the end has another form
    urn,          // urn:uuid:... or urn:oid:...; id holds what follows the second colon
    fragment,     // #id of a contained resource; "#" alone (the container itself) has an empty id
    conditional,  // Patient?identifier=..., only allowed in transactions; query is what follows "?"
};

// Views into the text that was parsed.
struct Reference {
    ReferenceKind kind = ReferenceKind::relative;
    std::string_view type;
    std::string_view id;
    std::string_view version;
    std::string_view base;   // of absolute references that end in Type/id: up to and without the last "/"
    std::string_view query;  // of conditional references
};

// Nothing when the text has none of these forms. That the type exists is for the caller to ask
// (Definitions::is_resource); here it only has to look like one.
std::optional<Reference> parse_reference(std::string_view text);

}  // namespace idun::fhir
