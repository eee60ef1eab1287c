#include "api/node_answer.h"
#include "fhir/parameters.h"

namespace idun::api {
namespace {

Result<Instant> time_of(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    if (parameters.size() != 1 || parameters.front().first != "at")
        return fail(Category::invalid, "$care-relation takes the parameter at");
    const auto at = from_iso(parameters.front().second);
    if (!at) return fail(Category::invalid, "at is an instant", "at");
    return *at;
}

}  // namespace

// GET /fhir/Patient/$care-relation?at=INSTANT with a ticket: did this provider care for the person at that time, as its
// bookings and encounters say? The hub checks with it what was declared.
http::Handler node_care_relation(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto at = time_of(request);
        if (!at) return reply.send(refusal(at.error()));
        const std::string token(request.bearer());
        if (token.empty())
            return reply.send(refusal(Error(Category::unauthorized, "send a ticket: Authorization: Bearer TICKET")));
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        node.gate.care_relation(
            token, *at, std::string(request.headers.get("X-Request-Id")), [shared](Result<gate::Relation> relation) {
                if (!relation) return shared->send(refusal(relation.error()));
                http::Response response = fhir(200, fhir::ParametersWriter().text("careRelation", "valueCode", rights::to_string(relation->care)).take());
                response.headers.set("X-Idun-Receipt", relation->receipt.text());
                shared->send(std::move(response));
            });
    };
}

}  // namespace idun::api
