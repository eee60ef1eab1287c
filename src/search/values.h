// What a search parameter finds in an element, as values that compare. The views point into the document (or into
// constant text) and live as long as it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/function_ref.h"
#include "json/document.h"
#include "search/date.h"
#include "search/path.h"

namespace idun::search {

// `system` is "" when there is none.
struct TokenValue {
    std::string_view system;
    std::string_view code;
    const fhir::ValueSet* implied = nullptr;  // of a bare code: the required value set, which knows its system
    bool folds = false;                       // case does not count (strings, contact points)
    friend bool operator==(const TokenValue&, const TokenValue&) = default;
};

// Coding, CodeableConcept, Identifier, ContactPoint, code, string, uri, boolean.
void each_token(json::Value element, const Leaf& leaf, FunctionRef<void(TokenValue)> found);
// What people read at a token: text, display, the text of an identifier's type.
void each_token_text(json::Value element, FunctionRef<void(std::string_view)> found);
// The kinds of an Identifier: the codings of its type.
void each_identifier_type(json::Value identifier, FunctionRef<void(TokenValue)> found);

// A literal reference taken apart. To one of our own resources (relative, or absolute under `base_url`): type
// and id. To anything else: `type` is "" and `id` the whole text. Versions ("/_history/2") are left out.
struct ReferenceValue {
    std::string_view type;
    std::string_view id;
    friend bool operator==(const ReferenceValue&, const ReferenceValue&) = default;
};
// Nothing for "" and for references inside the resource ("#x").
std::optional<ReferenceValue> reference_value(std::string_view text, std::string_view base_url);
// The text of a Reference, or of a canonical or uri.
std::string_view reference_text(json::Value element);

// Of a date, dateTime, instant, Period or Timing; malformed ones are skipped.
void each_interval(json::Value element, FunctionRef<void(Interval)> found);

// Of a string, HumanName (its parts and its text), Address (the same) and whatever else is text.
void each_string(json::Value element, FunctionRef<void(std::string_view)> found);

// A number, or a range of them; open ends are absent.
struct QuantityValue {
    std::optional<Decimal> low;
    std::optional<Decimal> high;
    std::string_view system;
    std::string_view code;
    std::string_view unit;
};
// Of a decimal, integer, Quantity and its kinds, Money, Range.
void each_quantity(json::Value element, FunctionRef<void(const QuantityValue&)> found);

// Looks like a resource type: a letter A-Z, then letters (at most 48 in all).
bool is_type_name(std::string_view text);

}  // namespace idun::search
