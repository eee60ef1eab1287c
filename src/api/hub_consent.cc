// What people choose: list, one, set and end. History: hub_consent_history.cc.
#include <fmt/format.h>

#include "api/choices.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/searchset.h"
#include "api/warnings.h"
#include "fhir/outcome.h"
#include "index/fhir_pointer.h"
#include "people/person_number.h"

namespace idun::api {
namespace {

std::string searchset(const Hub& hub, const std::vector<ShownChoice>& choices) {
    Searchset found;
    for (const ShownChoice& one : choices) found.add(hub.base_url + "/Consent/" + one.shown.id, to_fhir(hub, one));
    return found.finish();
}

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(Category::invalid, std::move(message), std::move(path));
}

// ---- who may choose what

Result<Subject> subject_who_chooses(const Hub& hub, const trust::UserToken& user, const std::optional<Identifier>& who) {
    TRY_ASSIGN(const Subject subject, subject_of(hub, user, who, Reach::choices));
    return subject.choosing();
}

// Staff registers mandates that came on paper, with the evidence; everything else people choose themselves.
Result<Subject> chooser(const Hub& hub, const trust::UserToken& user, const Choice& choice) {
    if (!is_registrar(user)) return subject_who_chooses(hub, user, choice.patient);
    if (choice.kind != ChoiceKind::mandate) return fail(Category::forbidden, "staff registers mandates only");
    if (!choice.patient) return wrong("say whose mandate it is: patient.identifier", "Consent.patient");
    if (choice.evidence.empty())
        return wrong("name the paper: sourceReference.identifier.value", "Consent.sourceReference");
    TRY_ASSIGN(const auto person, person_named(hub, user, *choice.patient));
    TRY(unambiguous(hub, person));
    return Subject{person, Standing::staff};
}

Status may_choose(const Subject& subject, const Choice& choice) {
    if (subject.standing == Standing::staff) return {};
    if (!choice.evidence.empty()) return wrong("papers are registered by staff", "Consent.sourceReference");
    if (choice.kind == ChoiceKind::mandate) {
        if (subject.standing != Standing::herself)
            return fail(Category::forbidden, "a representative does not give mandates for the person");
        if (choice.mandate.kind != rights::MandateKind::chosen || choice.mandate.despite_protection)
            return fail(Category::forbidden, "guardians and parents are registered by staff");
    }
    const Warning* const warning = warning_for(choice.kind);
    if (warning && choice.warning != warning->uri)
        return wrong("read the newest text first (GET /rights/warnings) and name it: policy.uri", "Consent.policy");
    if (!warning && !choice.warning.empty()) return wrong("there is no such text", "Consent.policy");
    return {};
}

// ---- that what is named exists

Status known_provider(const Hub& hub, std::string_view provider, std::string_view unit, const std::string& path) {
    if (provider.empty()) return {};
    const auto found = hub.directory.organisation(provider);
    if (!found || !found->part_of.empty()) return wrong("no such provider in the directory", path);
    if (unit.empty()) return {};
    const auto part = hub.directory.organisation(unit);
    if (!part || part->part_of != provider) return wrong("no such unit of that provider in the directory", path);
    return {};
}

Status known(const Hub& hub, const Choice& choice) {
    const std::string path = "Consent.provision.actor";
    if (choice.kind == ChoiceKind::block) {
        TRY(known_provider(hub, choice.block.scope.provider_id, choice.block.scope.unit_id, path));
        for (const rights::Except& except : choice.block.except)
            TRY(known_provider(hub, except.provider_id, "", "Consent.provision.provision"));
    }
    if (choice.kind == ChoiceKind::lift) TRY(known_provider(hub, choice.lift.provider_id, "", path));
    if (choice.kind == ChoiceKind::mandate)
        for (const rights::Scope& scope : choice.mandate.scopes)
            TRY(known_provider(hub, scope.provider_id, scope.unit_id, path));
    return {};
}

// ---- mandates

// The beginning of the day of birth in Swedish time (winter), by a Swedish number. Where month or day is unknown, the
// first of the year or month: the older person is the better protected one.
Result<Instant> born(const Hub& hub, const Identifier& person) {
    const auto number = people::parse_person_number(person.value, hub.clock.now());
    if (!number || !people::identify(person.system, person.value, hub.clock.now()))
        return wrong("a parent or guardian is registered by the person's Swedish number, which tells her age",
                     "Consent.patient");
    const auto day = from_iso(fmt::format("{:04}-{:02}-{:02}T00:00:00+01:00", number->year(),
                                          std::max(1, number->month()), std::max(1, number->day())));
    if (!day) return wrong("the number holds no date", "Consent.patient");
    return *day;
}

Status complete_mandate(const Hub& hub, const trust::UserToken& user, const Subject& subject, Choice& choice) {
    TRY_ASSIGN(choice.mandate.representative, person_named(hub, user, *choice.representative));
    TRY(unambiguous(hub, choice.mandate.representative));
    if (hub.links.same(choice.mandate.representative, subject.person))
        return wrong("nobody represents herself", "Consent.provision.actor");
    // From here on she is known by pseudonym.
    choice.representative = Identifier{std::string(index::kPseudonymSystem), choice.mandate.representative.text()};
    if (choice.mandate.kind == rights::MandateKind::guardian || choice.mandate.kind == rights::MandateKind::parent) {
        TRY_ASSIGN(choice.mandate.born, born(hub, *choice.patient));
    }
    return {};
}

// ---- setting

rights::ChangeKind change_of(ChoiceKind kind) {
    switch (kind) {
        case ChoiceKind::opt_out: return rights::ChangeKind::opt_out;
        case ChoiceKind::secondary_opt_out: return rights::ChangeKind::secondary_opt_out;
        case ChoiceKind::block: return rights::ChangeKind::block;
        case ChoiceKind::lift: return rights::ChangeKind::lift;
        case ChoiceKind::mandate: return rights::ChangeKind::mandate;
    }
    return rights::ChangeKind::opt_out;
}
rights::Fact fact_of(const Choice& choice) {
    switch (choice.kind) {
        case ChoiceKind::block: return choice.block;
        case ChoiceKind::lift: return choice.lift;
        case ChoiceKind::mandate: return choice.mandate;
        default: return {};
    }
}
std::string id_of(const Choice& choice, std::string fact_id) {
    if (choice.kind == ChoiceKind::opt_out) return std::string(kOptOutId);
    if (choice.kind == ChoiceKind::secondary_opt_out) return std::string(kSecondaryOptOutId);
    return fact_id;
}

// A lift opens a block that is there.
Status lifts_something(const Hub& hub, const Subject& subject, const Choice& choice) {
    if (choice.kind != ChoiceKind::lift || choice.lift.block_id.empty()) return {};
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(subject.person));
    for (const rights::Block& block : facts.blocks)
        if (block.fact_id == choice.lift.block_id) return {};
    return wrong("no such block", "Consent.provision.data");
}

Result<ShownChoice> one_of(const Hub& hub, const Subject& subject, std::string_view id) {
    TRY_ASSIGN(auto choices, choices_of(hub, subject));
    for (ShownChoice& one : choices)
        if (one.shown.id == id) return std::move(one);
    return fail(Category::not_found, "no such choice");
}

struct Set {
    Subject subject;
    ShownChoice one;
};

Result<Set> set(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    if (!user.person && !is_registrar(user))
        return fail(Category::forbidden, "only the person herself does this, or somebody with her mandate");
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(Choice choice, choice_from_fhir(document.root(), hub.clock.now()));
    TRY_ASSIGN(const Subject subject, chooser(hub, user, choice));
    TRY(may_choose(subject, choice));
    TRY(known(hub, choice));
    TRY(lifts_something(hub, subject, choice));
    if (choice.kind == ChoiceKind::mandate) TRY(complete_mandate(hub, user, subject, choice));
    const exchange::RightsRegister::Names names{subject.standing == Standing::herself ? user.name : "",
                                                choice.representative_name};
    TRY_ASSIGN(const std::string id,
               hub.rights.begin(subject.person, change_of(choice.kind), fact_of(choice),
                                author_of(user, subject, choice.warning, choice.evidence), names));
    TRY_ASSIGN(auto one, one_of(hub, subject, id_of(choice, id)));
    return Set{subject, std::move(one)};
}

// ---- ending

struct Ending {
    Subject subject;
    std::string evidence;  // of the operator's
};

Status end(Hub& hub, const trust::UserToken& user, const Ending& ending, const std::string& id) {
    const Subject& subject = ending.subject;
    rights::Author by = author_of(user, subject, "", ending.evidence);
    const auto end_flag = [&](rights::ChangeKind kind) -> Status {
        TRY(hub.rights.begin(subject.person, kind, {}, std::move(by)));
        return {};
    };
    if (id == kOptOutId) return end_flag(rights::ChangeKind::opt_in);
    if (id == kSecondaryOptOutId) return end_flag(rights::ChangeKind::secondary_opt_in);
    return hub.rights.end(subject.person, id, std::move(by));
}

// Staff ends what staff has registered. The operator ends, by a paper, what somebody with several numbers has chosen under one
// with which she cannot log in any more.
Result<Ending> ender(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"patient.identifier", "evidence"}));
    const auto who = given.identifier("patient.identifier");
    if (!is_registrar(user)) {
        TRY_ASSIGN(const Subject subject, subject_who_chooses(hub, user, who));
        return Ending{subject, {}};
    }
    if (!who) return wrong("say whose mandate it is: patient.identifier", "patient.identifier");
    TRY_ASSIGN(const auto person, person_named(hub, user, *who));
    const Subject subject{person, Standing::staff};
    TRY_ASSIGN(const auto one, one_of(hub, subject, request.parts[0]));
    if (one.choice.kind == ChoiceKind::mandate && !one.choice.evidence.empty()) return Ending{subject, {}};
    if (!hub.links.of(person).several() || !operator_of(hub, request)) return fail(Category::not_found, "no such choice");
    TRY_ASSIGN(std::string evidence, given.required("evidence", 128));
    return Ending{subject, std::move(evidence)};
}

// An opt-out that stands under another number too goes on holding: the answer says so.
Result<bool> goes_on(const Hub& hub, const Subject& subject, const std::string& id) {
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(subject.person));
    return (id == kOptOutId && facts.opted_out) || (id == kSecondaryOptOutId && facts.secondary_opted_out);
}

http::Response ended_answer(bool also_elsewhere) {
    if (also_elsewhere)
        return fhir(200, fhir::operation_outcome({{fhir::Severity::information, fhir::IssueCode::informational,
                                                   "ended under the number that you came with; it was chosen under another number of the same person too, and goes on "
                                                   "holding until it ends there: with a login of that number, or by the operator of the hub", "", 0, 0}}));
    http::Response response;
    response.status = 204;
    return response;
}

// Answers with what `read` tells of the caller's own choices, or of those of a person whom she represents.
template <typename Read>
http::Handler reading(Hub& hub, Read read) {
    return [&hub, read](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto given = given_in_query(request, {"patient.identifier"});
        if (!given) return reply.send(refusal(given.error()));
        const auto subject = subject_of(hub, *user, given->identifier("patient.identifier"), Reach::choices);
        if (!subject) return reply.send(refusal(subject.error()));
        Result<std::string> body = read(*subject, request);
        if (!body) return reply.send(refusal(body.error()));
        ledger::Access access = access_about(hub, *user, *subject, ledger::Action::search, request);
        access.query = "Consent";
        release(hub, access, fhir(200, std::move(*body)), std::move(reply));
    };
}

}  // namespace

// The choices that hold.
http::Handler hub_consents(Hub& hub) {
    return reading(hub, [&hub](const Subject& subject, const http::Request&) -> Result<std::string> {
        TRY_ASSIGN(const auto choices, choices_of(hub, subject));
        return searchset(hub, choices);
    });
}

http::Handler hub_consent(Hub& hub) {
    return reading(hub, [&hub](const Subject& subject, const http::Request& request) -> Result<std::string> {
        TRY_ASSIGN(const auto one, one_of(hub, subject, request.parts[0]));
        return to_fhir(hub, one);
    });
}

http::Handler hub_consent_create(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto done = set(hub, *user, request);
        if (!done) return reply.send(refusal(done.error()));
        auto response = fhir(201, to_fhir(hub, done->one));
        response.headers.set("Location", hub.base_url + "/Consent/" + done->one.shown.id);
        ledger::Access access = access_about(hub, *user, done->subject, ledger::Action::rights_change, request);
        access.query = fmt::format("{} {}{}{}", to_string(done->one.choice.kind), done->one.shown.id,
                                   done->one.choice.warning.empty() ? "" : " ", done->one.choice.warning);
        release(hub, access, std::move(response), std::move(reply));
    };
}

http::Handler hub_consent_end(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto ending = ender(hub, *user, request);
        if (!ending) return reply.send(refusal(ending.error()));
        const Status ended = end(hub, *user, *ending, request.parts[0]);
        if (!ended) return reply.send(refusal(ended.error()));
        const auto also_elsewhere = goes_on(hub, ending->subject, request.parts[0]);
        if (!also_elsewhere) return reply.send(refusal(also_elsewhere.error()));
        ledger::Access access = access_about(hub, *user, ending->subject, ledger::Action::rights_change, request);
        access.query = "end " + request.parts[0];
        release(hub, access, ended_answer(*also_elsewhere), std::move(reply));
    };
}

}  // namespace idun::api
