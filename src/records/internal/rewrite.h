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
};

// Whose references; `map` may be empty.
struct EntryReferences {
    const ReferenceMap* map = nullptr;
    std::string_view full_url;
};

std::string stamped(const fhir::Definitions& definitions, json::Value resource, const Stamp& stamp,
                    const EntryReferences& references);

}  // namespace idun::records
