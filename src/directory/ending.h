// What in the directory holds only while a provider takes part, and how it looks when that is over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"

namespace idun::directory {

// Its Organization, unless that is inactive, and the active Endpoints that it or an organisation which is part of it manages.
// `view` without leases: of view_at().
std::vector<ResourcePtr> holding_through(const View& view, std::string_view provider);

// The resource as it is when it holds no more: an Organization inactive, an Endpoint off with the end of its period.
std::string ended_body(const Resource& resource, Instant at);

}  // namespace idun::directory
