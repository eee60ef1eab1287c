#include "api/common.h"

#include "json/writer.h"
#include "trust/keyring.h"

namespace idun::api {
namespace {

http::Response health(const std::vector<HealthCheck>& checks) {
    http::Response response;
    json::Writer w;
    bool well = true, warned = false;
    json::Writer problems, warnings;
    problems.array();
    warnings.array();
    for (const HealthCheck& check : checks) {
        const Status status = check.check();
        if (status) continue;
        (check.essential ? well = false : warned = true);
        (check.essential ? problems : warnings)
            .object().member("part", check.name).member("error", status.error().message).end();
    }
    w.object().member("status", well ? "ok" : "unwell");
    if (!well) w.name("problems").raw(problems.end().text());
    if (warned) w.name("warnings").raw(warnings.end().text());
    w.end();
    response.status = well ? 200 : 503;
    response.headers.set("Content-Type", "application/json");
    response.body = w.take();
    return response;
}

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

http::Response page_response(const Page& page) {
    http::Response response;
    response.headers.set("Content-Type", page.content_type);
    response.headers.set("Content-Security-Policy", std::string(kPolicy));
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    response.headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    response.headers.set("Cache-Control", page.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response.body = page.content;
    return response;
}

}  // namespace

void add_common_routes(http::Router& router, std::vector<HealthCheck> checks, const Metrics& metrics,
                       std::function<crypto::KeySet()> keys) {
    router.add("GET", "/healthz",
               http::answering([checks = std::move(checks)](const http::Request&) { return health(checks); }));
    router.add("GET", "/metrics", http::answering([&metrics](const http::Request&) {
        http::Response response;
        response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        response.body = metrics.text();
        return response;
    }));
    router.add("GET", "/.well-known/jwks.json", http::answering([keys = std::move(keys)](const http::Request&) {
        http::Response response;
        response.headers.set("Content-Type", "application/jwk-set+json");
        response.body = trust::to_jwks(keys());
        return response;
    }));
}

void add_page_routes(http::Router& router, const std::vector<Page>& pages) {
    for (const Page& page : pages)
        router.add("GET", page.path, http::answering([page](const http::Request&) { return page_response(page); }));
}

}  // namespace idun::api
