#include "api/asked.h"
#include "api/search_form.h"
#include "fhir/resource_id.h"

namespace idun::api {
namespace {

records::Context search_context(const Node& node, const Staff& user, const http::Request& request) {
    records::Context context = context_of(node, user, request);
    context.lenient = request.headers.get("Prefer").find("handling=lenient") != std::string_view::npos;
    return context;
}

}  // namespace

// GET /fhir?..., GET /fhir/:type?..., POST /fhir/:type/_search, POST /fhir/_search
http::Handler node_search(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = search_form(request);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const std::string type = request.parts.empty() ? std::string() : std::string(request.parts[0]);
        auto outcome = node.records.search(type, *parameters, search_context(node, *user, request));
        answer(node, *user, ledger::Action::search, request, std::move(outcome), std::move(reply), asked_in(node, type, *parameters));
    };
}

// GET /fhir/:type/:id/:within?..., where `within` is a resource type or *; POST the same with _search
http::Handler node_search_compartment(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = search_form(request);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const records::Compartment in{std::string(request.parts[0]), std::string(request.parts[1])};
        const std::string type(request.parts[2]);
        auto outcome = node.records.search(in, type, *parameters, search_context(node, *user, request));
        Asked asked = asked_in(node, type == "*" ? std::string_view() : type, *parameters);
        if (in.type == "Patient" && fhir::valid_id(in.id)) asked.patients.push_back(in.id);
        answer(node, *user, ledger::Action::search, request, std::move(outcome), std::move(reply), asked);
    };
}

}  // namespace idun::api
