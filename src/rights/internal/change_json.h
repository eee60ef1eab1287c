// The JSON of facts, shared by what is stored and what is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/document.h"
#include "json/writer.h"
#include "rights/facts.h"

namespace idun::rights {

void write(json::Writer& w, const FactChange& change);
// Nothing unless the value is what write() makes of it.
std::optional<FactChange> read_change(json::Value value);

// A JSON number of decimal digits.
std::optional<std::uint64_t> read_number(json::Value value);

}  // namespace idun::rights
