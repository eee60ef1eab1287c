#include <algorithm>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/person_links.h"
#include "api/subject.h"
#include "fhir/parameters.h"
#include "people/codes.h"

namespace idun::api {
namespace {

constexpr std::uint8_t kStrongLogin = 3;  // loa3, eIDAS substantial

bool gives_care(const Hub& hub, const trust::UserToken& user) {
    const rights::Role role = rights::role_from(trust::to_string(user.role));
    return (hub.rules.care_roles & rights::RuleTable::bit(role)) != 0 && !user.provider_id.empty();
}

// The identity of one of the two steps: the caller's own, after a strong login, or one that staff of a provider has seen.
struct Shows {
    crypto::Pseudonym number;
    people::IdentityCodes::Issuer by;
    std::string tries;  // who tries
};

// Staff vouch for nobody of whom their provider holds nothing.
Result<Shows> shown_to_staff(const Hub& hub, const trust::UserToken& user, const Identifier& who) {
    const auto id = people::identify(who.system, who.value, hub.clock.now());
    if (!id) return fail(id.error().category, id.error().message, "identifier");
    TRY_ASSIGN(const crypto::Pseudonym number, pseudonym_of(hub, *id));
    TRY_ASSIGN(const bool held, holds(hub, user.provider_id, number));
    if (!held) return fail(Category::forbidden, "staff vouch only for somebody of whom their own provider holds records under this identifier");
    return Shows{number, {user.provider_id, user.subject, id->kind()}, "user " + user.subject};
}

Result<Shows> what_is_shown(const Hub& hub, const trust::UserToken& user, const Given& given) {
    const auto who = given.identifier();
    if (user.role == trust::Role::patient && user.person && !who) {
        if (rights::assurance_from(user.assurance) < kStrongLogin)
            return fail(Category::forbidden, "log in with a stronger means first: substantial or high");
        return Shows{*user.person, {}, "person " + user.person->text()};
    }
    if (!gives_care(hub, user)) return fail(Category::forbidden, "the person herself does this, or staff of a provider for who is there");
    if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
    return shown_to_staff(hub, user, *who);
}

ledger::Access code_access(const Hub& hub, const trust::UserToken& user, const http::Request& request, std::string query) {
    ledger::Access access = own_access(hub, user, ledger::Action::update, request);
    access.query = std::move(query);
    if (user.role == trust::Role::patient) return access;
    access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
    access.rule.clear();
    return access;
}

// ---- issuing

struct CodeGiven {
    ledger::Access access;
    people::IdentityCodes::Issued issued;
};

// To the person herself after a strong login; or at a provider, to who is there and has shown who she is.
Result<CodeGiven> give_code(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier"}));
    TRY_ASSIGN(const Shows shows, what_is_shown(hub, user, given));
    TRY(unambiguous(hub, shows.number));
    CodeGiven out;
    out.access = code_access(hub, user, request, "Patient/$identity-code");
    out.access.person = shows.number;
    TRY_ASSIGN(out.issued, hub.codes.issue(shows.number, shows.by));
    return out;
}

std::string code_as_parameters(const people::IdentityCodes::Issued& issued) {
    return fhir::ParametersWriter().text("code", "valueString", issued.code).text("until", "valueInstant", to_iso(issued.until)).take();
}

// ---- proving

// She herself when nobody else took part, else the provider whose staff did.
people::By stated_by(const Shows& issued, const Shows& taken) {
    const auto& staff = taken.by.staff() ? taken.by : issued.by;
    if (staff.staff()) return {people::By::Who::provider, staff.provider};
    return {people::By::Who::person, taken.number.text()};
}
std::string said_of(const Shows& issued, const Shows& taken) {
    if (taken.by.staff()) return "code taken by user " + taken.by.user_id;
    return issued.by.staff() ? "code issued by user " + issued.by.user_id : "";
}

Result<LinkChange> join(Hub& hub, const people::IdentityCodes::Proved& proved, const Shows& taken) {
    const Shows issued{proved.person, proved.issuer, ""};
    people::Link link;
    link.numbers[0] = issued.number, link.numbers[1] = taken.number;
    link.kinds[0] = issued.by.kind, link.kinds[1] = taken.by.kind;
    link.ground = people::Ground::code;
    link.since = hub.clock.now();
    link.why = said_of(issued, taken);
    const auto name = [&](const Shows& step) { return step.by.staff() ? hub.directory.name_of(step.by.provider) : std::string(); };
    bool used = false;
    TRY_ASSIGN(auto done, prove_link(hub, link, stated_by(issued, taken), {name(issued), name(taken)}, [&](store::Batch& batch) {
                   people::IdentityCodes::use(proved, batch);
                   used = true;
               }));
    if (!used) TRY(hub.codes.use_up(proved));  // what was said before is not said again
    return done;
}

Result<LinkChange> prove(Hub& hub, const Given& given, const Shows& taken) {
    TRY_ASSIGN(const std::string code, given.required("code", 64));
    TRY(unambiguous(hub, taken.number));
    TRY_ASSIGN(const auto proved, hub.codes.check(code, taken.tries));
    TRY(unambiguous(hub, proved.person));
    if (proved.person == taken.number) return fail(Category::invalid, "the code is of the same identity: it is for joining another one", "code");
    if (proved.issuer.staff() && taken.by.staff())
        return fail(Category::forbidden, "staff gave out this code: then the person herself gives it back, logged in with her other identity");
    return join(hub, proved, taken);
}

http::Response not_proved(const Hub& hub, const Error& error, const std::string& tries) {
    http::Response out = refusal(error);
    if (error.category != Category::busy) return out;
    const auto wait = hub.codes.wait_of(tries);  // she alone must wait
    if (!wait) return refusal(wait.error());
    out.status = 429;
    out.headers.set("Retry-After", std::to_string(std::max<std::int64_t>(1, (wait->count() + 999) / 1000)));
    return out;
}

}  // namespace

// POST /fhir/Patient/$identity-code: identifier (of staff only). A one-time code. See docs/formats/identity-codes.md.
http::Handler hub_identity_code(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto given = give_code(hub, *user, request);
        if (!given) return reply.send(refusal(given.error()));
        release(hub, given->access, fhir(200, code_as_parameters(given->issued)), std::move(reply));
    };
}

// POST /fhir/Patient/$prove-identity: code, identifier (of staff only). Joins the identity to that of the code.
http::Handler hub_prove_identity(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto given = given_in(request, {"identifier", "code"});
        if (!given) return reply.send(refusal(given.error()));
        const auto taken = what_is_shown(hub, *user, *given);
        if (!taken) return reply.send(refusal(taken.error()));
        const auto done = prove(hub, *given, *taken);
        if (!done) return reply.send(not_proved(hub, done.error(), taken->tries));
        const ledger::Access access = code_access(hub, *user, request, "Patient/$prove-identity");
        auto answer = fhir::ParametersWriter().flag("changed", done->changed).take();
        release_all(hub, entries_about(access, done->numbers), fhir(200, std::move(answer)), std::move(reply));
    };
}

}  // namespace idun::api
