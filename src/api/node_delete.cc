#include "api/asked.h"

namespace idun::api {

// DELETE /fhir/:type/:id, DELETE /fhir/:type?criteria
http::Handler node_delete(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto conditions = preconditions(request);
        if (!conditions) return reply.send(refusal(conditions.error()));
        const std::string& type = request.parts[0];
        const auto context = context_of(node, *user, request);
        const bool by_id = request.parts.size() > 1;
        if (by_id && !request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "a delete of one id takes no parameters")));
        auto outcome = by_id ? node.records.remove(type, request.parts[1], context, *conditions)
                                   : node.records.remove_where(type, request.query, context, *conditions);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::remove, request, std::move(outcome), std::move(reply), asked_in(node, type, request.query));
    };
}

}  // namespace idun::api
