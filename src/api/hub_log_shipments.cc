#include <charconv>

#include "api/hub.h"
#include "crypto/encoding.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

http::Response json_answer(json::Writer& w) {
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = w.take();
    return response;
}

struct AskedLog {
    std::string log_id;
    std::optional<std::uint64_t> index;
};

// ?log=ID&index=N: one of the caller's own.
Result<AskedLog> asked_log(const http::Request& request, const std::string& provider) {
    AskedLog out{provider, std::nullopt};
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters) {
        if (name == "log") {
            out.log_id = value;
        } else if (name == "index") {
            std::uint64_t index = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), index);
            if (value.empty() || error != std::errc() || end != value.data() + value.size())
                return fail(Category::invalid, "index is a whole number");
            out.index = index;
        } else {
            return fail(Category::invalid, "ask with log and index only");
        }
    }
    if (ledger::owner_of(out.log_id) != provider) return fail(Category::forbidden, "a provider asks about its own log only");
    return out;
}

Result<http::Response> how_far(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    TRY_ASSIGN(const AskedLog asked, asked_log(request, provider));
    TRY_ASSIGN(const exchange::LogProgress progress, hub.accesses.progress(asked.log_id));
    TRY_ASSIGN(const std::string newest, hub.accesses.newest_log(provider));
    json::Writer w;
    w.object().member("log", asked.log_id).member("next", progress.next);
    w.member("root", crypto::base64url(progress.tree.root().view()));
    // What the owner has signed of these, if it has: it may count what came closed, which the hub could not read.
    TRY_ASSIGN(const auto stated, hub.accesses.stated_count(asked.log_id));
    const ledger::Served& served = stated && stated->said.size == progress.next ? stated->said.served : progress.served;
    w.name("served").array().value(served.own).value(served.tickets).end();
    w.member("stated", stated ? stated->said.size : 0);
    if (stated) w.member("statedNote", stated->note);
    w.member("newest", newest);
    if (!progress.checkpoint.empty()) w.member("checkpoint", progress.checkpoint);
    if (newest != asked.log_id) {
        TRY_ASSIGN(const auto of_newest, hub.accesses.progress(newest));
        if (!of_newest.checkpoint.empty()) w.member("newestCheckpoint", of_newest.checkpoint);
    }
    if (asked.index) {
        TRY_ASSIGN(const auto kept, hub.accesses.kept_from(asked.log_id, *asked.index));
        if (kept) w.member("index", kept->index).member("hash", crypto::base64url(kept->hash.view()));
    }
    w.end();
    return json_answer(w);
}

Result<http::Response> take(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    if (request.headers.get("Content-Type") != "application/x-ndjson")
        return fail(Category::media_type, "send a shipment as application/x-ndjson");
    TRY_ASSIGN(const ledger::Shipment shipment, ledger::shipment_from(request.body));
    if (ledger::owner_of(shipment.log_id) != provider) return fail(Category::forbidden, "a provider ships its own log only");
    TRY_ASSIGN(const std::uint64_t next, hub.accesses.take(shipment, hub.keys.all(provider)));
    json::Writer w;
    w.object().member("log", shipment.log_id).member("next", next).end();
    return json_answer(w);
}

}  // namespace

// GET, POST /log-shipments: entries of a node's log. See docs/formats/ledger-shipping.md.
http::Handler hub_log_shipments(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        auto answer = request.method == "GET" ? how_far(hub, request) : take(hub, request);
        // It is refused as it stands; that its clock is wrong is a fact of its log.
        const bool refused = !answer && answer.error().category == Category::unauthorized;
        if (const auto early = refused ? hub.nodes.early(request) : std::nullopt) {
            if (const Status noted = hub.accesses.note_clock_ahead(early->provider_id, early->issued); !noted) answer = fail(noted.error());
        }
        reply.send(answer ? std::move(*answer) : http::problem(answer.error()));
    };
}

}  // namespace idun::api
