// What every role answers, beside its own operations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "crypto/jws.h"
#include "http/router.h"

namespace idun::api {

// One thing that must be well for the role to work.
struct HealthCheck {
    std::string name;
    std::function<Status()> check;
    bool essential = true;  // false: the role does its own work without it (a node whose hub is away)
};

// GET /healthz: 200 {"status":"ok"}, with "warnings" for what is not essential, or 503 with "problems": the names of
// what is not well and why.
// GET /metrics: Prometheus text. GET /.well-known/jwks.json: the role's public keys.
void add_common_routes(http::Router& router, std::vector<HealthCheck> checks, const Metrics& metrics,
                       std::function<crypto::KeySet()> keys);

// A file that is served as it is; `path` starts with "/".
struct Page {
    std::string path;
    std::string content_type;
    std::string_view content;  // lives as long as the process
    bool immutable = false;    // its name carries a hash of its content
};

// The pages, under a strict content security policy.
void add_page_routes(http::Router& router, const std::vector<Page>& pages);

}  // namespace idun::api
