#include "api/choices.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/searchset.h"
#include "api/subject.h"
#include "index/fhir_pointer.h"
#include "json/writer.h"

namespace idun::api {
namespace {

struct Relation {
    crypto::Pseudonym person;  // who is represented
    rights::Mandate mandate;
    exchange::RightsRegister::Names names;
};

bool over(const rights::Mandate& mandate, Instant now) { return mandate.to && *mandate.to <= now; }

Result<std::vector<Relation>> relations(const Hub& hub, const crypto::Pseudonym& person,
                                        const std::optional<crypto::Pseudonym>& only) {
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(person));
    std::vector<Relation> out;
    for (const rights::Mandate& mandate : facts.mandates) {
        if (over(mandate, hub.clock.now()) || (only && !hub.links.same(mandate.representative, *only))) continue;
        TRY_ASSIGN(auto names, hub.rights.names_of(person, mandate.fact_id));
        out.push_back({person, mandate, std::move(names)});
    }
    return out;
}

// Those of everybody whom the caller represents.
Result<std::vector<Relation>> acting(const Hub& hub, const crypto::Pseudonym& representative) {
    TRY_ASSIGN(const auto persons, hub.rights.represented_by(representative));
    std::vector<Relation> out;
    for (const crypto::Pseudonym& person : persons) {
        TRY_ASSIGN(auto more, relations(hub, person, representative));
        out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return out;
}

void pseudonym(json::Writer& w, const crypto::Pseudonym& person) {
    w.object().member("system", index::kPseudonymSystem).member("value", person.text()).end();
}

// What the mandate allows, so that a page offers no more.
void allows(json::Writer& w, const Hub& hub, const rights::Mandate& mandate) {
    w.name("extension").array().object().member("url", "urn:idun:mandate").name("extension").array();
    w.object().member("url", "everything").member("valueBoolean", opens_everything(hub, mandate)).end();
    w.object().member("url", "manage").member("valueBoolean", mandate.may_manage).end();
    if (!mandate.purpose.empty()) w.object().member("url", "purpose").member("valueCode", mandate.purpose).end();
    w.end().end().end();
}

void related_person(json::Writer& w, const Hub& hub, const Relation& one) {
    w.object().member("resourceType", "RelatedPerson").member("id", one.mandate.fact_id);
    allows(w, hub, one.mandate);
    w.name("identifier").array();
    pseudonym(w, one.mandate.representative);
    w.end().member("active", true).name("patient").object().name("identifier");
    pseudonym(w, one.person);
    if (!one.names.person.empty()) w.member("display", one.names.person);
    w.end().name("relationship").array().object().name("coding").array().object();
    w.member("system", "urn:idun:mandate-kind")
        .member("code", rights::to_string(one.mandate.kind))
        .end()
        .end()
        .end()
        .end();
    if (!one.names.representative.empty())
        w.name("name").array().object().member("text", one.names.representative).end().end();
    w.name("period").object().member("start", to_iso(one.mandate.from));
    if (one.mandate.to) w.member("end", to_iso(*one.mandate.to));
    w.end().end();
}

std::string bundle(const Hub& hub, const std::vector<Relation>& relations) {
    Searchset found;
    for (const Relation& one : relations) {
        json::Writer w;
        related_person(w, hub, one);
        found.add(hub.base_url + "/RelatedPerson/" + one.mandate.fact_id, w.take());
    }
    return found.finish();
}

Result<std::vector<Relation>> asked(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    if (!user.person || (user.role != trust::Role::patient && user.role != trust::Role::representative))
        return fail(Category::forbidden, "only the person herself does this");
    TRY(unambiguous(hub, *user.person));
    TRY_ASSIGN(const Given given, given_in_query(request, {"acting"}));
    if (!given.has("acting")) return relations(hub, *user.person, std::nullopt);
    if (given.text("acting") != "me") return fail(Category::invalid, "acting is me", "acting");
    return acting(hub, *user.person);
}

}  // namespace

// GET /fhir/RelatedPerson: who may act for the caller; with acting=me, for whom the caller may act.
http::Handler hub_related_persons(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto found = asked(hub, *user, request);
        if (!found) return reply.send(refusal(found.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.query = "RelatedPerson";
        release(hub, access, fhir(200, bundle(hub, *found)), std::move(reply));
    };
}

}  // namespace idun::api
