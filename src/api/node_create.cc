#include "api/asked.h"
#include "api/person_check.h"

namespace idun::api {

// POST /fhir/:type, with If-None-Exist
http::Handler node_create(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        if (!request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "a create takes no parameters; a condition goes into If-None-Exist")));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        if (const auto issues = check_persons(document->root(), node.clock.now()); !issues.empty())
            return reply.send(refusal(400, issues));
        const std::string& type = request.parts[0];
        const std::string_view condition = request.headers.get("If-None-Exist");
        auto outcome = node.records.create(type, document->root(), context_of(node, *user, request), condition);
        if (outcome.status == 201) node.written();
        answer(node, *user, ledger::Action::create, request, std::move(outcome), std::move(reply), asked_in(node, type, condition));
    };
}

}  // namespace idun::api
