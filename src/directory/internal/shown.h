// An Endpoint as it is shown while its node renews a lease.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "directory/resource.h"

namespace idun::directory {

// The endpoint with that status; with `until` as the end of its period.
std::string endpoint_body(json::Value endpoint, std::string_view status, std::optional<Instant> until);
Result<ResourcePtr> endpoint_shown(const Resource& endpoint, std::string_view status, Instant until);

}  // namespace idun::directory
