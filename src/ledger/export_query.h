// What `query` says in the entries of an export (docs/formats/bulk.md).
#pragma once

#include <string>
#include <string_view>

#include "ledger/entry.h"

namespace idun::ledger {

// `chosen`: the export was one of certain persons, not of everything.
std::string export_query(std::string_view job, bool chosen);
// Whether an entry is of such an export.
bool is_chosen_export(const Access& access);
// How many records an older entry counts instead of naming them; 0 for others.
std::size_t counted_in_export(const Access& access);

}  // namespace idun::ledger
