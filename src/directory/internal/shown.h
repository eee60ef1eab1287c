// An Endpoint that is not to be asked: its lease ran out, its period ended, its provider left.
#pragma once

#include <optional>
#include <string>

#include "directory/resource.h"

namespace idun::directory {

// Its body with status `off`; with `since` as the end of its period, unless that has ended before.
std::string endpoint_off(json::Value endpoint, std::optional<Instant> since);
// The same version, shown so.
Result<ResourcePtr> shown_off(const Resource& endpoint);

}  // namespace idun::directory
