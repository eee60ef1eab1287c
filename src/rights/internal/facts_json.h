// The JSON of facts, shared by what is stored and what is sent (docs/formats/rights-facts.md).
//
// Reading here takes what it knows and passes over the rest. Strict is whoever calls: what was read, written again,
// must be the bytes that came.
#pragma once

#include <cstdint>
#include <optional>

#include "json/document.h"
#include "json/writer.h"
#include "rights/facts.h"

namespace idun::rights {

void write(json::Writer& w, const FactChange& change);
void write(json::Writer& w, const PersonFacts& facts);
// Nothing when a member that must be there is absent or malformed, or check() does not hold.
std::optional<FactChange> read_change(json::Value value);
std::optional<PersonFacts> read_person_facts(json::Value value);

// A JSON number of decimal digits.
std::optional<std::uint64_t> read_number(json::Value value);

}  // namespace idun::rights
