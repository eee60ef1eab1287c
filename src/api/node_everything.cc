#include "api/node_answer.h"

namespace idun::api {

// GET /fhir/Patient/$everything with a ticket: it says whose records are meant, so the address does not.
http::Handler node_everything(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        if (!request.query.empty())
            return reply.send(refusal(Error(Category::unsupported, "the ticket says all there is to ask; send no parameters")));
        const std::string token(request.bearer());
        if (token.empty())
            return reply.send(refusal(Error(Category::unauthorized, "send a ticket: Authorization: Bearer TICKET")));
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        node.gate.everything(token, std::string(request.headers.get("X-Request-Id")),
                             [shared](tl::expected<gate::Disclosure, gate::Refusal> disclosure) {
                                 if (!disclosure) {
                                     http::Response refused = refusal(disclosure.error());
                                     if (disclosure.error().receipt) refused.headers.set("X-Idun-Receipt", disclosure.error().receipt->text());
                                     return shared->send(std::move(refused));
                                 }
                                 http::Response response = fhir(200, std::move(disclosure->body));
                                 response.headers.set("X-Idun-Receipt", disclosure->receipt.text());
                                 shared->send(std::move(response));
                             });
    };
}

}  // namespace idun::api
