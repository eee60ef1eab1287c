#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/asked.h"

namespace idun::api {

// PATCH /fhir/:type/:id, PATCH /fhir/:type?criteria
http::Handler node_patch(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto conditions = preconditions(request);
        if (!conditions) return reply.send(refusal(conditions.error()));
        const auto body = patch_body_of(request);
        if (!body) {
            auto refused = refusal(body.error());
            if (refused.status == 415)
                refused.headers.set("Accept-Patch", fmt::format("{}", fmt::join(kPatchFormats, ", ")));
            return reply.send(std::move(refused));
        }
        const std::string& type = request.parts[0];
        const auto context = context_of(node, *user, request);
        const bool by_id = request.parts.size() > 1;
        if (by_id && !request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "a patch of one id takes no parameters")));
        auto outcome = by_id ? node.records.patch(type, request.parts[1], body->patch, context, *conditions)
                                   : node.records.patch_where(type, request.query, body->patch, context, *conditions);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::update, request, std::move(outcome), std::move(reply), asked_in(node, type, request.query));
    };
}

}  // namespace idun::api
