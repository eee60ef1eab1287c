#include "api/fhir_answer.h"

#include <fmt/format.h>
#include "api/hub.h"
#include "api/searchset.h"
#include "directory/fhir_directory.h"

namespace idun::api {
namespace {

std::string bundle(const std::vector<std::string>& resources) {
    Searchset found;
    for (const std::string& resource : resources) found.add("", resource);
    return found.finish();
}

Result<std::string> parameter(const http::Request& request, std::string_view allowed) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    if (parameters.empty()) return std::string();
    if (parameters.size() > 1 || parameters.front().first != allowed)
        return fail(Category::invalid, fmt::format("unknown parameter; allowed is {}", allowed));
    return parameters.front().second;
}

Result<http::Response> organizations(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto part_of, parameter(request, "partof"));
    std::vector<std::string> found;
    for (const directory::Organisation& o : hub.directory.organisations())
        if (part_of.empty() || o.part_of == part_of || "Organization/" + o.part_of == part_of)
            found.push_back(directory::to_fhir(o));
    return fhir(200, bundle(found));
}

Result<http::Response> endpoints(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto organization, parameter(request, "organization"));
    std::vector<std::string> found;
    for (const directory::Endpoint& e : hub.directory.endpoints())
        if (organization.empty() || e.provider == organization || "Organization/" + e.provider == organization)
            found.push_back(directory::to_fhir(e, hub.clock.now()));
    return fhir(200, bundle(found));
}

// HSA-ids begin with the organisation's: a unit's must begin as its provider's does, so that nobody can take an id
// that another organisation will want.
bool same_organisation(std::string_view unit, std::string_view provider) {
    return unit.starts_with(provider.substr(0, std::min(provider.find('-'), provider.size())));
}

http::Response put_response(bool is_new, const Hub& hub, const std::string& path, std::string body) {
    auto response = fhir(is_new ? 201 : 200, std::move(body));
    if (is_new) response.headers.set("Location", hub.base_url + "/" + path);
    return response;
}

// A node speaks for its own provider and the units of it.
Result<http::Response> put_organization(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto organisation, directory::organisation_from_fhir(document.root(), request.parts[0]));
    const bool own = organisation.id == provider ? organisation.part_of.empty() : organisation.part_of == provider && same_organisation(organisation.id, provider);
    if (!own) return fail(Category::forbidden, "a node registers its own provider and that provider's units");
    const auto known = hub.directory.organisation(organisation.id);
    if (known && known->id != provider && known->part_of != provider)
        return fail(Category::forbidden, "this organisation belongs to another provider");
    TRY(hub.directory.put(organisation));
    return put_response(!known, hub, "Organization/" + organisation.id, directory::to_fhir(organisation));
}

Result<http::Response> put_endpoint(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(auto endpoint, directory::endpoint_from_fhir(document.root(), request.parts[0]));
    if (endpoint.id != provider || endpoint.provider != provider)
        return fail(Category::forbidden, "a node registers the endpoint of its own provider");
    endpoint.lease_until = hub.clock.now() + hub.endpoint_lease;
    const bool is_new = !hub.directory.endpoint_of(provider);
    TRY(hub.directory.put(endpoint));
    return put_response(is_new, hub, "Endpoint/" + endpoint.id, directory::to_fhir(endpoint, hub.clock.now()));
}

template <typename Operation>
http::Handler handler(Hub& hub, Operation operation) {
    return [&hub, operation](http::Request request, http::Reply reply) {
        auto response = operation(hub, request);
        reply.send(response ? std::move(*response) : refusal(response.error()));
    };
}

}  // namespace

http::Handler hub_organizations(Hub& hub) { return handler(hub, organizations); }
http::Handler hub_endpoints(Hub& hub) { return handler(hub, endpoints); }
http::Handler hub_organization_put(Hub& hub) { return handler(hub, put_organization); }
http::Handler hub_endpoint_put(Hub& hub) { return handler(hub, put_endpoint); }

http::Handler hub_endpoint(Hub& hub) {
    return handler(hub, [](const Hub& h, const http::Request& request) -> Result<http::Response> {
        const auto endpoint = h.directory.endpoint_of(request.parts[0]);
        if (!endpoint) return fail(Category::not_found, "no such endpoint");
        return fhir(200, directory::to_fhir(*endpoint, h.clock.now()));
    });
}

http::Handler hub_organization(Hub& hub) {
    return handler(hub, [](const Hub& h, const http::Request& request) -> Result<http::Response> {
        const auto organisation = h.directory.organisation(request.parts[0]);
        if (!organisation) return fail(Category::not_found, "no such organisation");
        return fhir(200, directory::to_fhir(*organisation));
    });
}

}  // namespace idun::api
