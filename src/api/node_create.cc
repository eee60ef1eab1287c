#include "api/node_answer.h"
#include "api/person_check.h"

namespace idun::api {

// POST /fhir/:type
http::Handler node_create(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        if (const auto issues = check_persons(document->root(), node.clock.now()); !issues.empty())
            return reply.send(refusal(400, issues));
        const auto outcome = node.records.create(request.parts[0], document->root(), context_of(*user),
                                                 request.headers.get("If-None-Exist"));
        if (outcome.status == 201) node.written();
        answer(node, *user, ledger::Action::create, request, outcome, std::move(reply));
    };
}

}  // namespace idun::api
