#include "api/fhir_answer.h"
#include "api/pointer_search.h"
#include "api/search_form.h"

namespace idun::api {

// GET /fhir/DocumentReference?..., POST /fhir/DocumentReference/_search
http::Handler hub_pointers(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = search_form(request);
        if (!parameters) return reply.send(refusal(parameters.error()));
        PointerWriter pointers(hub);
        std::string body;
        auto answer = search_pointers(hub, *user, *parameters, request, pointers, body);
        if (!answer) return reply.send(refusal(answer.error()));
        http::Response response = answer->written ? fhir(200, std::move(body)) : refusal(answer->written.error());
        release_all(hub, std::move(answer->entries), std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
