#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/person_links.h"
#include "api/subject.h"
#include "json/writer.h"
#include "people/codes.h"

namespace idun::api {
namespace {

constexpr std::uint8_t kStrongLogin = 3;  // loa3, eIDAS substantial

bool gives_care(const Hub& hub, const trust::UserToken& user) {
    const rights::Role role = rights::role_from(trust::to_string(user.role));
    return (hub.rules.care_roles & rights::RuleTable::bit(role)) != 0 && !user.provider_id.empty();
}

// ---- issuing

struct CodeGiven {
    ledger::Access access;
    people::IdentityCodes::Issued issued;
};

// To the person herself after a strong login; or at a provider, to who is there and has shown who she is.
Result<CodeGiven> give_code(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier"}));
    const auto who = given.identifier();
    CodeGiven out;
    out.access = own_access(hub, user, ledger::Action::update, request);
    out.access.query = "Patient/$identity-code";
    crypto::Pseudonym person;
    if (user.role == trust::Role::patient && user.person && !who) {
        if (rights::assurance_from(user.assurance) < kStrongLogin)
            return fail(Category::forbidden, "log in with a stronger means first: substantial or high");
        person = *user.person;
    } else if (gives_care(hub, user)) {
        if (!who) return fail(Category::invalid, "say whom you mean: identifier", "Parameters.parameter");
        TRY_ASSIGN(person, person_named(hub, user, *who));
        out.access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
        out.access.rule.clear();
    } else {
        return fail(Category::forbidden, "the person herself asks for her code, or staff of a provider for who is there");
    }
    TRY(unambiguous(hub, person));
    out.access.person = person;
    TRY_ASSIGN(out.issued, hub.codes.issue(person, user.role == trust::Role::patient ? std::string() : user.provider_id));
    return out;
}

std::string code_as_parameters(const people::IdentityCodes::Issued& issued) {
    json::Writer w;
    w.object().member("resourceType", "Parameters").name("parameter").array();
    w.object().member("name", "code").member("valueString", issued.code).end();
    w.object().member("name", "until").member("valueInstant", to_iso(issued.until)).end();
    w.end().end();
    return w.take();
}

// ---- proving

// Whose identity is to be joined: the caller's own, or one that a provider names who sees both it and the code.
struct OtherIdentity {
    crypto::Pseudonym number;
    std::optional<people::Kind> kind;
    std::string tries;  // who tries
};

Result<OtherIdentity> other_identity(const Hub& hub, const trust::UserToken& user, const Given& given) {
    const auto who = given.identifier();
    OtherIdentity out;
    if (user.role == trust::Role::patient && user.person && !who) {
        out.number = *user.person;
        out.tries = "person " + user.person->text();
        return out;
    }
    if (!gives_care(hub, user)) return fail(Category::forbidden, "the person herself gives her code, or staff of a provider who see her");
    if (!who) return fail(Category::invalid, "say which identity: identifier", "Parameters.parameter");
    const auto id = people::identify(who->system, who->value, hub.clock.now());
    if (!id) return fail(id.error().category, id.error().message, "identifier");
    out.number = hub.pseudonyms.of(id->canonical());
    out.kind = id->kind();
    out.tries = "user " + user.subject;
    return out;
}

Result<LinkChange> prove(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "code"}));
    TRY_ASSIGN(const std::string code, given.required("code", 64));
    TRY_ASSIGN(const OtherIdentity other, other_identity(hub, user, given));
    TRY(unambiguous(hub, other.number));
    TRY_ASSIGN(const auto proved, hub.codes.check(code, other.tries));
    TRY(unambiguous(hub, proved.person));
    if (proved.person == other.number) return fail(Category::invalid, "the code is of the same identity: it is for joining another one", "code");
    people::Link link;
    link.numbers[0] = proved.person, link.numbers[1] = other.number;
    link.kinds[1] = other.kind;
    link.ground = people::Ground::code;
    link.since = hub.clock.now();
    const people::By by{people::By::Who::person, other.number.text()};
    return state_link(hub, link, by, "", [&](store::Batch& batch) { people::IdentityCodes::use(proved, batch); });
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
        const auto done = prove(hub, *user, request);
        if (!done) {
            http::Response refused = refusal(done.error());
            if (done.error().category == Category::busy) {  // she alone must wait
                refused.status = 429;
                refused.headers.set("Retry-After", "10");
            }
            return reply.send(std::move(refused));
        }
        ledger::Access access = own_access(hub, *user, ledger::Action::update, request);
        access.query = "Patient/$prove-identity";
        json::Writer w;
        w.object().member("resourceType", "Parameters").name("parameter").array();
        w.object().member("name", "changed").member("valueBoolean", done->changed).end();
        w.end().end();
        release_all(hub, entries_about(access, done->numbers), fhir(200, w.take()), std::move(reply));
    };
}

}  // namespace idun::api
