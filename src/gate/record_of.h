// What a decision asks of a record, out of what the records say of it.
#pragma once

#include <string>
#include <string_view>

#include "records/outcome.h"
#include "rights/request.h"

namespace idun::gate {

// `entry` takes the text that the result borrows; `touched` is borrowed too.
inline rights::Record record_of(const records::Touched& touched, std::string_view provider_id, std::string& entry) {
    entry.assign(touched.type).append("/").append(touched.id);
    rights::Record out{.provider_id = provider_id,
                       .unit_id = touched.unit,
                       .category = fhir::to_string(touched.category),
                       .element = fhir::to_string(touched.element),
                       .entry = entry,
                       .labels = touched.labels,
                       .date = {},
                       .delayed_until = touched.delayed_until};
    // The records' interval ends before its end.
    if (touched.date) out.date = rights::Period{touched.date->first, Instant{touched.date->second.ms - 1}};
    return out;
}

}  // namespace idun::gate
