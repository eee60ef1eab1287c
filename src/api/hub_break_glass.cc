#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "json/writer.h"

namespace idun::api {
namespace {

struct Broken {
    crypto::Pseudonym person;
    exchange::Emergency glass;
};

Result<Broken> broken(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    const rights::Role role = rights::role_from(trust::to_string(user.role));
    if ((hub.rules.care_roles & rights::RuleTable::bit(role)) == 0 || user.provider_id.empty())
        return fail(Category::forbidden, "only care staff breaks a glass");
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "ground", "reason"}));
    const auto who = given.identifier();
    if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
    exchange::Emergency glass;
    TRY_ASSIGN(glass.ground, given.required("ground", 16));
    if (!rights::ground_from(glass.ground))
        return fail(Category::invalid, "ground is life or health", "Parameters.parameter");
    TRY_ASSIGN(glass.reason, given.required("reason", exchange::kReasonBytesMax));
    TRY_ASSIGN(const auto person, person_named(hub, user, *who));
    glass.user_id = user.subject;
    glass.name = user.name;
    glass.provider_id = user.provider_id;
    glass.unit_id = user.unit_id;
    const std::chrono::minutes lasts(hub.rules.break_glass_minutes);
    TRY_ASSIGN(glass, hub.emergencies.open(person, std::move(glass), lasts, hub.directory.name_of(user.provider_id)));
    return Broken{person, std::move(glass)};
}

std::string parameters(const exchange::Emergency& glass) {
    json::Writer w;
    w.object().member("resourceType", "Parameters").name("parameter").array();
    w.object().member("name", "id").member("valueString", glass.id).end();
    w.object().member("name", "until").member("valueInstant", to_iso(glass.until)).end();
    w.end().end();
    return w.take();
}

}  // namespace

// POST /fhir/Patient/$break-glass: identifier, ground, reason. The same for every person, also one whom nobody knows.
http::Handler hub_break_glass(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto done = broken(hub, request, *user);
        if (!done) return reply.send(refusal(done.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::break_glass, request);
        access.person = done->person;
        access.purpose = rights::to_string(rights::Purpose::BTG);
        access.rule.clear();
        access.break_glass = ledger::BreakGlass{done->glass.id, done->glass.ground};
        release(hub, access, fhir(200, parameters(done->glass)), std::move(reply));
    };
}

}  // namespace idun::api
