// What a search parameter finds in a resource, as values that compare: tokens, references and intervals.
// The views point into the document (or into constant text) and live as long as it.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "search/date.h"
#include "json/document.h"

namespace idun::search {

// `system` is "" when there is none.
struct TokenValue {
    std::string_view system;
    std::string_view code;
    friend bool operator==(const TokenValue&, const TokenValue&) = default;
};

// Coding, CodeableConcept, Identifier, ContactPoint, code, string, uri, boolean. A `code` element has no system
// here: the one its value set implies is not looked up.
void each_token(json::Value element, const std::function<void(TokenValue)>& found);

// A literal reference taken apart. To one of our own resources (relative, or absolute under `base_url`): type
// and id. To anything else: `type` is "" and `id` the whole text. Versions ("/_history/2") are left out.
struct ReferenceValue {
    std::string_view type;
    std::string_view id;
    friend bool operator==(const ReferenceValue&, const ReferenceValue&) = default;
};
// Nothing for "" and for references inside the resource ("#x").
std::optional<ReferenceValue> reference_value(std::string_view text, std::string_view base_url);

// Of a Reference or a canonical/uri element.
void each_reference(json::Value element, std::string_view base_url, const std::function<void(ReferenceValue)>& found);

// Of a date, dateTime, instant, Period or Timing; malformed ones are skipped.
void each_interval(json::Value element, const std::function<void(Interval)>& found);

// Looks like a resource type: a letter A-Z, then letters (at most 48 in all).
bool is_type_name(std::string_view text);

}  // namespace idun::search
