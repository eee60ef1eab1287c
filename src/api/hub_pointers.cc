#include <algorithm>

#include "api/fhir_answer.h"
#include "api/question.h"
#include "api/searchset.h"
#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

std::string bundle(const Hub& hub, const crypto::Pseudonym& person, const std::vector<index::Holding>& holdings) {
    Searchset found;
    for (const index::Holding& holding : holdings) {
        const auto endpoint = hub.directory.endpoint_of(holding.provider);
        const index::Source source{std::string(holding.provider), hub.directory.name_of(holding.provider),
                                   endpoint ? endpoint->url : ""};
        const Instant heard = hub.index.freshness(holding.provider).heard;
        const auto by_category = hub.index.freshness_by_category(holding.provider);
        for (const auto& part : holding.parts) {
            json::Writer w;
            const auto fresh = std::ranges::find(by_category, part.category, &index::CategoryFreshness::category);
            const index::Heard known{heard, fresh != by_category.end() ? std::optional(fresh->heard) : std::nullopt};
            index::write_pointer(w, {person, std::string(part.category), part.newest, 0}, source, &known);
            found.add(hub.base_url + "/DocumentReference/" + index::pointer_id(person, holding.provider, part.category),
                      w.take());
        }
    }
    return found.finish();
}

}  // namespace

// GET /fhir/DocumentReference?patient.identifier=SYSTEM|VALUE
http::Handler hub_pointers(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto asked = asked_in_query(request.query, "patient.identifier");
        if (!asked) return reply.send(refusal(asked.error()));
        const auto question = question_of(hub, *user, *asked, request);
        if (!question) return reply.send(refusal(question.error()));

        const auto visible = hub.exchange.visible_holdings(*question);
        if (!visible) return reply.send(refusal(visible.error()));
        const rights::Decision& general = visible->general;
        const bool denied = !general.permit;
        ledger::Access access = exchange::access_of(*question, hub.clock.now());
        access.action = ledger::Action::search;
        access.query = exchange::kPointersQuery;
        access.permit = !denied;
        access.rule = rights::id(general.rule);
        access.rules = hub.rules.version;
        auto response = denied ? refusal(Error(Category::forbidden, std::string(rights::reason_en(general.rule))))
                               : fhir(200, bundle(hub, question->person, visible->holdings));
        release(hub, access, std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
