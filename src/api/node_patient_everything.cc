#include "api/node_answer.h"
#include "fhir/resource_id.h"

namespace idun::api {

// GET /fhir/Patient/:id/$everything: for the provider's own staff, who need no ticket to their own record.
http::Handler node_patient_everything(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters) return reply.send(refusal(parameters.error()));
        auto outcome = node.records.everything(request.parts[0], *parameters, context_of(node, *user, request));
        Asked asked;
        if (fhir::valid_id(request.parts[0])) asked.patients.push_back(request.parts[0]);
        answer(node, *user, ledger::Action::search, request, std::move(outcome), std::move(reply), asked);
    };
}

}  // namespace idun::api
