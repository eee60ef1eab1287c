#include "api/asked.h"
#include "api/person_check.h"

namespace idun::api {

// PUT /fhir/:type/:id, PUT /fhir/:type?criteria
http::Handler node_update(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto conditions = preconditions(request);
        if (!conditions) return reply.send(refusal(conditions.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        if (const auto issues = check_persons(document->root(), node.clock.now()); !issues.empty())
            return reply.send(refusal(400, issues));
        const std::string& type = request.parts[0];
        const auto context = context_of(node, *user, request);
        const bool by_id = request.parts.size() > 1;
        if (by_id && !request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "an update of one id takes no parameters")));
        auto outcome = by_id ? node.records.update(type, request.parts[1], document->root(), context, *conditions)
                                   : node.records.update_where(type, request.query, document->root(), context, *conditions);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::update, request, std::move(outcome), std::move(reply), asked_in(node, type, request.query));
    };
}

}  // namespace idun::api
