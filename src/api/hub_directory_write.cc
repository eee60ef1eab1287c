// PUT and DELETE in the directory: by the operator, and by nodes for themselves.
#include <fmt/format.h>

#include "api/directory_answer.h"
#include "api/node_answer.h"
#include "directory/fhir_directory.h"

namespace idun::api {
namespace {

using directory::Type;

// HSA-ids begin with the organisation's: a unit's must begin as its provider's does, so that nobody can take an id
// that another organisation will want.
bool same_organisation(std::string_view unit, std::string_view provider) {
    return unit.starts_with(provider.substr(0, std::min(provider.find('-'), provider.size())));
}

http::Response put_response(const Hub& hub, Type type, const std::string& id, bool is_new) {
    const auto now = hub.directory.view().find(type, id);
    if (!now) return refusal(Error(Category::conflict, "the resource was deleted meanwhile"));
    auto response = version_response(is_new ? 201 : 200, *now, now->body);
    if (is_new) response.headers.set("Location", fmt::format("{}/{}/_history/{}", hub.base_url, now->name(), now->version));
    return response;
}

// A node speaks for its own provider, the units of it, and its own address.
Result<http::Response> put_by_node(Hub& hub, Type type, const http::Request& request, const std::string& provider) {
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto speaking, hub.withdrawals.let_speak(provider));
    const std::string& id = request.parts[0];
    const bool is_new = !hub.directory.view().find(type, id);
    if (type == Type::organization) {
        TRY_ASSIGN(const auto organisation, directory::organisation_from_fhir(document.root(), id));
        const bool own = id == provider ? organisation.part_of.empty() : organisation.part_of == provider && same_organisation(id, provider);
        if (!own) return fail(Category::forbidden, "a node registers its own provider and that provider's units");
        const auto known = hub.directory.organisation(id);
        if (known && known->id != provider && known->part_of != provider)
            return fail(Category::forbidden, "this organisation belongs to another provider");
        TRY(hub.directory.put(organisation));
    } else if (type == Type::endpoint) {
        TRY_ASSIGN(auto endpoint, directory::endpoint_from_fhir(document.root(), id));
        if (endpoint.id != provider || endpoint.provider != provider)
            return fail(Category::forbidden, "a node registers the endpoint of its own provider");
        endpoint.lease_until = hub.clock.now() + hub.endpoint_lease;
        TRY(hub.directory.put(endpoint));
    } else {
        return fail(Category::forbidden, "only the hub's operator writes this");
    }
    return put_response(hub, type, id, is_new);
}

struct DirectoryChange {
    http::Response response;
    ledger::Action action{};
};

Result<DirectoryChange> write_by_operator(Hub& hub, Type type, const http::Request& request, const trust::UserToken& user) {
    TRY_ASSIGN(const auto conditions, preconditions(request));
    const std::string& id = request.parts[0];
    directory::Write write{.type = type, .id = id, .if_match = conditions.if_match, .if_none_match = conditions.if_none_match};
    std::optional<json::Document> document;
    if (request.method == "PUT") {
        TRY_ASSIGN(document, body_of(request));
        write.resource = document->root();
    }
    const auto written = hub.directory.write({&write, 1}, {directory::Writer::Kind::operator_, user.subject});
    if (!written) {
        const directory::Refused& why = written.error().front();
        if (!why.precondition) return fail(why.error);
        return DirectoryChange{refusal(412, {fhir::to_issue(why.error)}), {}};
    }
    const directory::Written& done = written->front();
    if (!document) {
        http::Response response = fhir(204, {});
        response.headers.remove("Content-Type");
        return DirectoryChange{std::move(response), ledger::Action::remove};
    }
    const bool is_new = done.did == directory::Did::created;
    return DirectoryChange{put_response(hub, type, id, is_new), is_new ? ledger::Action::create : ledger::Action::update};
}

http::Handler writing(Hub& hub, Type type) {
    return [&hub, type](http::Request request, http::Reply reply) {
        if (hub.users.caller(request)) {
            const auto user = operator_of(hub, request);
            if (!user) return reply.send(refusal(user.error()));
            auto changed = write_by_operator(hub, type, request, *user);
            if (!changed) return reply.send(refusal(changed.error()));
            if (changed->response.status >= 400) return reply.send(std::move(changed->response));
            const std::string what = fmt::format("{}/{}", directory::to_string(type), request.parts[0]);
            return release(hub, operator_access(hub, *user, changed->action, request, what), std::move(changed->response), std::move(reply));
        }
        const auto provider = hub.nodes.provider(request);
        if (!provider) return reply.send(refusal(provider.error()));
        if (request.method != "PUT") return reply.send(refusal(Error(Category::forbidden, "only the hub's operator deletes")));
        auto response = put_by_node(hub, type, request, *provider);
        reply.send(response ? std::move(*response) : refusal(response.error()));
    };
}

}  // namespace

http::Handler hub_directory_put(Hub& hub, Type type) { return writing(hub, type); }
http::Handler hub_directory_delete(Hub& hub, Type type) { return writing(hub, type); }

}  // namespace idun::api
