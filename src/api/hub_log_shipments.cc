#include "api/hub.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

http::Response next_is(std::string_view log_id, std::uint64_t next) {
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    json::Writer w;
    w.object().member("log", log_id).member("next", next).end();
    response.body = w.take();
    return response;
}

Result<http::Response> how_far(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    TRY_ASSIGN(const std::uint64_t next, hub.accesses.next_of(provider));
    return next_is(provider, next);
}

Result<http::Response> take(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    if (request.headers.get("Content-Type") != "application/x-ndjson")
        return fail(Category::media_type, "send a shipment as application/x-ndjson");
    TRY_ASSIGN(const ledger::Shipment shipment, ledger::shipment_from(request.body));
    if (shipment.log_id != provider) return fail(Category::forbidden, "a provider ships its own log only");
    TRY_ASSIGN(const std::uint64_t next, hub.accesses.take(shipment));
    return next_is(provider, next);
}

}  // namespace

// GET, POST /log-shipments: entries of a node's log. See docs/formats/ledger-shipping.md.
http::Handler hub_log_shipments(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        auto answer = request.method == "GET" ? how_far(hub, request) : take(hub, request);
        reply.send(answer ? std::move(*answer) : http::problem(answer.error()));
    };
}

}  // namespace idun::api
