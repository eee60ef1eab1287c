// Writes a resource as it will be stored: its id, meta.versionId and meta.lastUpdated set, references to other
// entries of a bundle replaced, all else as it came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "records/internal/references.h"

namespace idun::records {

struct Stamp {
    std::string_view id;
    std::uint64_t version = 0;
    Instant last_updated;
    std::string_view unit = {};  // the tag of the care unit to set; "": the tags stay as they are
};

// Whose references; `map` may be empty.
struct EntryReferences {
    const ReferenceMap* map = nullptr;
    std::string_view full_url;
};

// The text, and where in it the id and the stamp lie.
struct Stamped {
    std::string text;
    std::size_t id_at = 0;
    std::size_t stamp_at = 0;
};
// `"versionId":"3","lastUpdated":"2026-01-01T00:00:00.000Z"`
std::string stamp_text(std::uint64_t version, Instant last_updated);

Stamped stamped(const fhir::Definitions& definitions, json::Value resource, const Stamp& stamp,
                const EntryReferences& references);

}  // namespace idun::records
