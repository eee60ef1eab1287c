// Writes a resource as it will be stored: references to other entries of a bundle replaced, all else as it came, but
// for its id, meta.versionId and meta.lastUpdated, which key and header of its row say.
#pragma once

#include <string>
#include <string_view>

#include "fhir/definitions.h"
#include "json/document.h"
#include "records/internal/references.h"

namespace idun::records {

// Whose references; `map` may be empty.
struct EntryReferences {
    const ReferenceMap* map = nullptr;
    std::string_view full_url;
};

// The text, and where in it the id and `"versionId":"…","lastUpdated":"…"` are left out.
struct Cut {
    std::string text;
    std::size_t id_at = 0;
    std::size_t stamp_at = 0;
};
// Into `out`, whose memory is used again. `unit`: the tag of the care unit to set; "": the tags stay as they are.
void rewrite(const fhir::Definitions& definitions, json::Value resource, const EntryReferences& references,
             std::string_view unit, Cut& out);

}  // namespace idun::records
