// Does a resource fit a clause? The one place that says what a search means; indexes only spare it work.
//
//     if (fits(clause, resource, {.now = clock.now(), .base_url = base})) ...
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "json/document.h"
#include "search/query.h"

namespace idun::search {

struct Judgement {
    Instant now;                 // `ap` on dates: a tenth of the distance from now is near enough
    std::string_view base_url;
    const fhir::Terminology* terminology = nullptr;
};

// Clauses of kind values, targets and compartment; `resource` is one of the searched types.
bool fits(const Clause& clause, json::Value resource, const Judgement& by);

// What a resource is sorted by: texts that order as the values do, "" where it has none. Descending keys take the largest of
// several values, ascending ones the smallest.
std::string sort_text(const Parameter& parameter, json::Value resource, bool descending, std::string_view base_url);
// An integer and a text in that form.
std::string sort_text(std::int64_t number);

// Every own resource that the parameter's references name.
void each_target(const Parameter& parameter, json::Value resource, std::string_view base_url,
                 FunctionRef<void(std::string_view type, std::string_view id)> found);

}  // namespace idun::search
