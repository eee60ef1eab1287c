#include "api/consent.h"
#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {
namespace {

std::string bundle(const Hub& hub, const rights::PersonFacts& facts) {
    json::Writer w;
    const std::size_t total = facts.blocks.size() + (facts.opted_out ? 1 : 0);
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", total);
    if (total > 0) w.name("entry").array();
    const auto entry = [&](const std::string& resource) {
        w.object().name("resource").raw(resource).name("search").object().member("mode", "match").end().end();
    };
    if (facts.opted_out) entry(to_fhir({true, {}}, kOptOutId, {}));
    for (const rights::Block& block : facts.blocks)
        entry(to_fhir({false, block.scope.provider_id}, block.fact_id, hub.directory.name_of(block.scope.provider_id)));
    if (total > 0) w.end();
    w.end();
    return w.take();
}

// Sets the choice and gives the id of its Consent.
Result<std::string> set(Hub& hub, const crypto::Pseudonym& person, const Choice& choice) {
    if (choice.opt_out) {
        TRY(hub.rights.opt_out(person));
        return std::string(kOptOutId);
    }
    const auto provider = hub.directory.organisation(choice.provider_id);
    if (!provider || !provider->part_of.empty())
        return fail(Category::invalid, "no such provider in the directory", "Consent.provision.actor");
    return hub.rights.block(person, choice.provider_id);
}

}  // namespace

// The caller's own choices.
http::Handler hub_consents(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        if (!request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "no parameters are known here: the token says whose choices")));
        const auto facts = hub.rights.facts_of(*user->person);
        if (!facts) return reply.send(refusal(facts.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.query = "Consent";
        release(hub, access, fhir(200, bundle(hub, *facts)), std::move(reply));
    };
}

http::Handler hub_consent_create(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        const auto choice = choice_from_fhir(document->root());
        if (!choice) return reply.send(refusal(choice.error()));
        const auto id = set(hub, *user->person, *choice);
        if (!id) return reply.send(refusal(id.error()));
        auto response = fhir(201, to_fhir(*choice, *id, hub.directory.name_of(choice->provider_id)));
        response.headers.set("Location", hub.base_url + "/Consent/" + *id);
        ledger::Access access = own_access(hub, *user, ledger::Action::rights_change, request);
        access.query = choice->opt_out ? "opt-out" : "block " + choice->provider_id;
        release(hub, access, std::move(response), std::move(reply));
    };
}

http::Handler hub_consent_end(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const Status ended = request.parts[0] == kOptOutId ? hub.rights.opt_in(*user->person)
                                                           : hub.rights.unblock(*user->person, request.parts[0]);
        if (!ended) return reply.send(refusal(ended.error()));
        http::Response response;
        response.status = 204;
        ledger::Access access = own_access(hub, *user, ledger::Action::rights_change, request);
        access.query = "end " + request.parts[0];
        release(hub, access, std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
