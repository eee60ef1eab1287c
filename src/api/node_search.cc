#include "api/node_answer.h"

namespace idun::api {
namespace {

// Of the address and, for POST _search, of the form in the body.
Result<http::Parameters> parameters_of(const http::Request& request) {
    TRY_ASSIGN(auto parameters, http::parameters(request.query));
    if (request.method != "POST") return parameters;
    if (!request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded"))
        return fail(Category::unsupported, "send application/x-www-form-urlencoded");
    TRY_ASSIGN(auto form, http::parameters(request.body));
    parameters.insert(parameters.end(), std::make_move_iterator(form.begin()), std::make_move_iterator(form.end()));
    return parameters;
}

}  // namespace

// GET /fhir/:type?..., POST /fhir/:type/_search
http::Handler node_search(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = parameters_of(request);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const auto outcome = node.records.search(request.parts[0], *parameters, context_of(*user));
        answer(node, *user, ledger::Action::search, request, outcome, std::move(reply));
    };
}

}  // namespace idun::api
