// One value of a search parameter, read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "search/query.h"

namespace idun::search {

// Nothing when the value has not the form that the parameter's type and the modifier ask for. `type` is the [type] of
// a reference's modifier.
std::optional<Criterion> criterion_of(const Parameter& parameter, Modifier modifier, std::string_view type,
                                      std::string_view text, std::string_view base_url);
// That form in words, for a message.
std::string_view form_of(const Parameter& parameter, Modifier modifier);

}  // namespace idun::search
