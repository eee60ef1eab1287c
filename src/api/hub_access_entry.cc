#include "api/access_entry.h"
#include "api/fhir_answer.h"
#include "api/subject.h"
#include "api/supervision.h"

namespace idun::api {
namespace {

// What is withheld, about others, or not there is one and the same to the person.
Result<exchange::LoggedEntry> entry_of_hers(Hub& hub, const trust::UserToken& user, std::string_view id) {
    TRY_ASSIGN(auto entry, entry_named(hub, id));
    const crypto::Pseudonym person = *entry.entry.access.person;
    TRY_ASSIGN(const bool withheld, hub.accesses.is_withheld(entry));
    if (withheld || hub.links.of(person).ambiguous() || !user.person || !hub.links.same(*user.person, person))
        return fail(Category::not_found, "no such access");
    return entry;
}

http::Response entry_answer(const Hub& hub, const exchange::LoggedEntry& entry) { return fhir(200, audit_event_of(hub, entry)); }

// Supervisors see also what is withheld; then the log's entry of it is about nobody.
Result<Supervised> entry_for_supervisors(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const Given given, given_in_query(request, {"ground", "reference"}));
    TRY_ASSIGN(const auto entry, supervised_entry(hub, request.parts.at(0)));
    ShownPeople people;
    TRY(people.add(hub, hub.accesses.seen(entry)));
    return Supervised{std::move(people).entries(supervision_access(hub, supervision, ledger::Action::read, request, "AuditEvent")),
                      entry_answer(hub, entry)};
}

}  // namespace

// GET /fhir/AuditEvent/:id: one entry of one log, with every record. For the person herself; for supervisors with ground and reference.
http::Handler hub_access_entry(Hub& hub) {
    return [&hub, for_supervisors = answering_supervisors(hub, entry_for_supervisors)](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role == trust::Role::supervisor) return for_supervisors(std::move(request), std::move(reply));
        if (user->role != trust::Role::patient)
            return reply.send(refusal(Error(Category::forbidden, "only the person herself and supervisors do this")));
        const auto entry = entry_of_hers(hub, *user, request.parts.at(0));
        if (!entry) return reply.send(refusal(entry.error()));
        ledger::Access access = access_about(hub, *user, {*entry->entry.access.person, Standing::herself}, ledger::Action::read, request);
        access.query = "AuditEvent/" + request.parts.at(0);
        release(hub, access, entry_answer(hub, *entry), std::move(reply));
    };
}

}  // namespace idun::api
