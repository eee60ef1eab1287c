#include "api/asked.h"
#include "api/person_check.h"

namespace idun::api {

// POST /fhir: a transaction or batch Bundle
http::Handler node_bundle(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        if (const auto issues = check_persons(document->root(), node.clock.now()); !issues.empty())
            return reply.send(refusal(400, issues));
        if (writes_subscription(document->root()))
            return reply.send(refusal(Error(Category::unsupported, "a Subscription is written at its own address, not in a Bundle")));
        auto outcome = node.records.bundle(document->root(), context_of(node, *user, request));
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::transaction, request, std::move(outcome), std::move(reply),
               asked_in_bundle(node, document->root()));
    };
}

}  // namespace idun::api
