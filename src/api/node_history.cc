#include "api/node_answer.h"

namespace idun::api {

// GET /fhir/:type/:id/_history
http::Handler node_history(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const auto outcome = node.records.history(request.parts[0], request.parts[1], *parameters, context_of(*user));
        answer(node, *user, ledger::Action::history, request, outcome, std::move(reply));
    };
}

}  // namespace idun::api
