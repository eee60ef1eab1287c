#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "fhir/parameters.h"

namespace idun::api {
namespace {

struct Broken {
    crypto::Pseudonym person;
    exchange::Emergency glass;
};

Status is_care_staff(const Hub& hub, const trust::UserToken& user) {
    const rights::Role role = rights::role_from(trust::to_string(user.role));
    if ((hub.rules.care_roles & rights::RuleTable::bit(role)) == 0 || user.provider_id.empty())
        return fail(Category::forbidden, "only care staff breaks a glass");
    return {};
}

Result<Broken> broken(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY(is_care_staff(hub, user));
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "ground", "reason"}));
    const auto who = given.identifier();
    if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
    exchange::Emergency glass;
    TRY_ASSIGN(glass.ground, given.required("ground", 16));
    if (!rights::ground_from(glass.ground))
        return fail(Category::invalid, "ground is life or health", "Parameters.parameter");
    TRY_ASSIGN(glass.reason, given.required("reason", exchange::kReasonBytesMax));
    TRY_ASSIGN(const auto person, person_named(hub, user, *who));
    TRY(unambiguous(hub, person));
    glass.user_id = user.subject;
    glass.name = user.name;
    glass.provider_id = user.provider_id;
    glass.unit_id = user.unit_id;
    const std::chrono::minutes lasts(hub.rules.break_glass_minutes);
    TRY_ASSIGN(glass, hub.emergencies.open(person, std::move(glass), lasts, hub.directory.name_of(user.provider_id)));
    return Broken{person, std::move(glass)};
}

// The second person's confirmation of a glass that waits for it.
Result<Broken> confirmed(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY(is_care_staff(hub, user));
    if (!hub.rules.break_glass_needs_second_person)
        return fail(Category::invalid, "the national rules ask for no second person");
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "breakGlass"}));
    const auto who = given.identifier();
    if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
    TRY_ASSIGN(const std::string id, given.required("breakGlass", 64));
    TRY_ASSIGN(const auto person, person_named(hub, user, *who));
    TRY(unambiguous(hub, person));
    const exchange::Emergencies::Second second{user.subject, user.name, std::string(trust::to_string(user.role)),
                                               user.provider_id};
    TRY_ASSIGN(auto glass, hub.emergencies.confirm(person, id, second,
                                                   std::chrono::minutes(hub.rules.second_person_minutes),
                                                   hub.directory.name_of(user.provider_id)));
    return Broken{person, std::move(glass)};
}

// What it says of a second person depends on the rule table only.
std::string parameters(const Hub& hub, const exchange::Emergency& glass) {
    fhir::ParametersWriter w;
    w.text("id", "valueString", glass.id).text("until", "valueInstant", to_iso(glass.until));
    if (hub.rules.break_glass_needs_second_person && glass.second_user.empty()) {
        const Instant last = glass.from + std::chrono::minutes(hub.rules.second_person_minutes);
        w.text("confirmBefore", "valueInstant", to_iso({last.ms / 1000 * 1000}));
    }
    return w.take();
}

using BreaksGlass = Result<Broken> (*)(Hub&, const http::Request&, const trust::UserToken&);

http::Handler logged(Hub& hub, BreaksGlass what) {
    return [&hub, what](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto done = what(hub, request, *user);
        if (!done) return reply.send(refusal(done.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::break_glass, request);
        access.person = done->person;
        access.purpose = rights::to_string(rights::Purpose::BTG);
        access.rule.clear();
        access.break_glass = ledger::BreakGlass{done->glass.id, done->glass.ground};
        release(hub, access, fhir(200, parameters(hub, done->glass)), std::move(reply));
    };
}

}  // namespace

// POST /fhir/Patient/$break-glass: identifier, ground, reason. The same for every person, also one whom nobody knows.
http::Handler hub_break_glass(Hub& hub) { return logged(hub, broken); }

// POST /fhir/Patient/$confirm-break-glass: identifier, breakGlass. Where the rule table asks for a second person, she
// confirms with her own token; before that the glass opens nothing. The same for every person.
http::Handler hub_confirm_break_glass(Hub& hub) { return logged(hub, confirmed); }

}  // namespace idun::api
