// Index pointers as FHIR R4 DocumentReference (IHE MHD shape); docs/formats/index.md shows one.
#pragma once

#include <string>
#include <string_view>

#include "index/index.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::index {

inline constexpr std::string_view kPseudonymSystem = "urn:idun:pseudonym";
inline constexpr std::string_view kCategorySystem = "urn:idun:priority-category";
inline constexpr std::string_view kPointerSystem = "urn:idun:pointer";  // of content keys
inline constexpr std::string_view kStatusSystem = "http://hl7.org/fhir/document-reference-status";

// What others call a category: the European code system's code, and the LOINC type of its document. Both "" for `other`.
struct CategoryCodes {
    std::string_view category, european, loinc;
};
inline constexpr std::string_view kEuropeanSystem =
    "http://hl7.eu/fhir/health-data-api/CodeSystem/eehrxf-document-priority-category-cs";
inline constexpr std::string_view kLoinc = "http://loinc.org";
const CategoryCodes& codes_of(std::string_view category);

// The content key of a pointer, which is its FHIR id.
inline constexpr std::size_t kPointerIdBytes = 22;
std::string pointer_id(const crypto::Pseudonym& person, std::string_view provider, std::string_view category);
// The same, for who has the text of the pseudonym.
std::string pointer_id(std::string_view person_text, std::string_view provider, std::string_view category);

struct Source {
    std::string provider;
    std::string name;  // "" leaves it out
    std::string url;   // FHIR base of the node
};

// What an answer says beside what the source has published.
struct Shown {
    Instant heard;                    // when the source was last heard
    std::optional<Instant> category;  // when it last said something of the pointer's category
    Instant learned;                  // when the index was told what the pointer says
    bool listed = false;              // the directory has the provider as Organization
};

// Writes one DocumentReference: as it is published, or as it is shown.
void write_pointer(json::Writer& w, const Pointer& pointer, const Source& source, const Shown* shown = nullptr);

// Reads one; `provider` is who sent it. `source_version` comes from the batch.
Result<Pointer> pointer_from_fhir(json::Value resource, std::string_view provider, std::uint64_t source_version);

}  // namespace idun::index
