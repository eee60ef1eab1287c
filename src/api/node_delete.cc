#include "api/node_answer.h"

namespace idun::api {

// DELETE /fhir/:type/:id
http::Handler node_delete(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto version = if_match(request);
        if (!version) return reply.send(refusal(version.error()));
        const auto outcome = node.records.remove(request.parts[0], request.parts[1], context_of(*user), *version);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::remove, request, outcome, std::move(reply));
    };
}

}  // namespace idun::api
