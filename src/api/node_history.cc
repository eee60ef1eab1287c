#include "api/node_answer.h"

namespace idun::api {

// GET /fhir/_history, /fhir/:type/_history, /fhir/:type/:id/_history
http::Handler node_history(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const std::string type = request.parts.empty() ? std::string() : request.parts[0];
        const std::string id = request.parts.size() < 2 ? std::string() : request.parts[1];
        auto outcome = node.records.history(type, id, *parameters, context_of(node, *user, request));
        answer(node, *user, ledger::Action::history, request, std::move(outcome), std::move(reply));
    };
}

}  // namespace idun::api
