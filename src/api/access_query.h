// The search parameters of GET /fhir/AuditEvent at the hub.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "api/consent.h"
#include "exchange/access_filter.h"
#include "http/message.h"

namespace idun::api {

struct AccessQuery {
    std::optional<Identifier> who;  // patient.identifier; none: the caller herself
    exchange::AccessFilter filter;
    std::string after;              // _page
    std::size_t count = 100;
    std::string self;               // the filter and the count again, for links, without who: "_count=100&date=ge2026"
};

inline constexpr std::size_t kAccessCountMax = 200;

// A parameter of that list.
struct AccessParameter {
    std::string_view name, type, documentation;
};
std::span<const AccessParameter> access_parameters();

// Strict: `invalid` for what is unknown, malformed or given twice (except date). Names in `besides` are somebody else's to
// read.
Result<AccessQuery> access_query(const http::Request& request, std::span<const std::string_view> besides = {});

}  // namespace idun::api
