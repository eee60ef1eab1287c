#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "fhir/parameters.h"

namespace idun::api {
namespace {

struct Done {
    Subject subject;
    bool on = false;
    bool holds = false;
};

Result<Done> change(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    if (!is_registrar(user))
        return fail(Category::forbidden, "administrators and supervisors register protected identities");
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "on", "evidence"}));
    const auto who = given.identifier();
    if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
    if (!given.has("on")) return fail(Category::invalid, "say on: true or false", "Parameters.parameter");
    TRY_ASSIGN(const bool on, given.flag("on", true));
    TRY_ASSIGN(std::string evidence, given.required("evidence", 128));
    TRY_ASSIGN(const auto person, person_named(hub, user, *who));
    TRY(unambiguous(hub, person));
    const Subject subject{person, Standing::staff};
    const auto kind = on ? rights::ChangeKind::protect : rights::ChangeKind::unprotect;
    TRY(hub.rights.begin(person, kind, {}, author_of(user, subject, "", std::move(evidence))));
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(person));  // it may stand under another number too
    return Done{subject, on, facts.protected_identity};
}

}  // namespace

// POST /fhir/Patient/$protected-identity: identifier, on, evidence (the decision's reference).
http::Handler hub_protected_identity(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto done = change(hub, request, *user);
        if (!done) return reply.send(refusal(done.error()));
        ledger::Access access = access_about(hub, *user, done->subject, ledger::Action::rights_change, request);
        access.query = done->on ? "protect" : "unprotect";
        release(hub, access, fhir(200, fhir::ParametersWriter().flag("on", done->holds).take()), std::move(reply));
    };
}

}  // namespace idun::api
