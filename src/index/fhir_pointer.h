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

// The content key of a pointer, which is its FHIR id.
std::string pointer_id(const crypto::Pseudonym& person, std::string_view provider, std::string_view category);

struct Source {
    std::string provider;
    std::string name;  // "" leaves it out
    std::string url;   // FHIR base of the node
};

// When the source was last heard, and when it last said something of the pointer's category.
struct Heard {
    Instant source;
    std::optional<Instant> category;
};

// Writes one DocumentReference. `heard` adds the freshness extensions.
void write_pointer(json::Writer& w, const Pointer& pointer, const Source& source, const Heard* heard = nullptr);

// Reads one; `provider` is who sent it. `source_version` comes from the batch.
Result<Pointer> pointer_from_fhir(json::Value resource, std::string_view provider, std::uint64_t source_version);

}  // namespace idun::index
