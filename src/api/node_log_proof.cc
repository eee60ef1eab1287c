#include "api/given.h"
#include "api/log_proof.h"
#include "api/node_answer.h"

namespace idun::api {

// GET /fhir/Patient/$log-proof?log=LOG&before=INDEX with a ticket that the hub signed for itself: what this log holds about the person, proven whole.
// See docs/formats/person-proof.md.
http::Handler node_log_proof(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto given = given_in_query(request, {"log", "before"});
        if (!given) return reply.send(refusal(given.error()));
        const auto before = entry_number(given->text("before"));
        if (!before) return reply.send(refusal(before.error()));
        const gate::Gate::LogQuestion question{std::string(given->text("log")), *before};
        const std::string token(request.bearer());
        if (token.empty())
            return reply.send(refusal(Error(Category::unauthorized, "send a ticket: Authorization: Bearer TICKET")));
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        node.gate.log_proof(token, question, std::string(request.headers.get("X-Request-Id")), [shared](Result<gate::LogProof> proof) {
            if (!proof) return shared->send(try_again(refusal(proof.error())));
            http::Response response = proof_file(proof->proof);
            response.headers.set("X-Idun-Receipt", proof->receipt.text());
            shared->send(std::move(response));
        });
    };
}

}  // namespace idun::api
