// What a decision asks of a record, out of what the records say of it.
#pragma once

#include <cstdint>
#include <limits>
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
    // Demographics are of no unit and of no time. What is unknown is hidden by a block of one unit or time; the Patient
    // would then be missing beside what is not hidden, and show that something is.
    constexpr Instant kBeforeAll{std::numeric_limits<std::int64_t>::min()};
    if (touched.type == "Patient") {
        out.unit_id = "-";
        out.date = rights::Period{kBeforeAll, kBeforeAll};
    }
    return out;
}

}  // namespace idun::gate
