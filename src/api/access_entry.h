// Single entries of the logs at the hub, by the id of their AuditEvent.
#pragma once

#include <string>
#include <string_view>

#include "api/hub.h"

namespace idun::api {

// `not_found` unless it is there and about a person. What is withheld is found too.
Result<exchange::LoggedEntry> entry_named(Hub& hub, std::string_view id);
// The AuditEvent, with the names of the directory.
std::string audit_event_of(const Hub& hub, const exchange::LoggedEntry& entry);
std::string audit_event_of(const Hub& hub, const exchange::AccessView::Seen& seen);

}  // namespace idun::api
