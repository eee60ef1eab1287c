// A resource cut down to what _summary or _elements asks for, marked SUBSETTED (FHIR R4 §3.1.1.5.8, §3.1.1.5.9).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"
#include "search/query.h"

namespace idun::search {

// resourceType, id, meta and mandatory elements are always kept. `elements` empty: by `summary` alone.
std::string subset(const fhir::Definitions& definitions, json::Value resource, Query::Summary summary,
                   const std::vector<std::string>& elements);

}  // namespace idun::search
