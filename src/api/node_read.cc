#include "api/node_answer.h"

namespace idun::api {

// GET /fhir/:type/:id
http::Handler node_read(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        auto outcome = node.records.read(request.parts[0], request.parts[1], context_of(node, *user, request));
        spare_unchanged(request, outcome);
        answer(node, *user, ledger::Action::read, request, std::move(outcome), std::move(reply));
    };
}

}  // namespace idun::api
