#include "api/access_entry.h"
#include "api/fhir_answer.h"
#include "api/subject.h"

namespace idun::api {
namespace {

struct Found {
    ledger::Access access;  // to be logged
    std::string body;
};

// What is withheld, about others, or not there is one and the same to the person. Supervisors see also what is withheld.
Result<Found> find_entry_for(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const auto entry, entry_named(hub, request.parts.at(0)));
    Subject subject{*entry.entry.access.person, Standing::herself};
    const bool supervises = user.role == trust::Role::supervisor;
    if (supervises) {
        subject.standing = Standing::staff;
    } else {
        TRY_ASSIGN(const bool withheld, hub.accesses.is_withheld(entry));
        if (withheld || user.role != trust::Role::patient || hub.links.of(subject.person).ambiguous() || !user.person ||
            !hub.links.same(*user.person, subject.person))
            return fail(Category::not_found, "no such access");
    }
    Found out{access_about(hub, user, subject, ledger::Action::read, request), audit_event_of(hub, entry)};
    out.access.query = "AuditEvent/" + request.parts.at(0);
    return out;
}

}  // namespace

// GET /fhir/AuditEvent/:id: one entry of one log, with every record.
http::Handler hub_access_entry(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::supervisor && user->role != trust::Role::patient)
            return reply.send(refusal(Error(Category::forbidden, "only the person herself and supervisors do this")));
        auto found = find_entry_for(hub, *user, request);
        if (!found) return reply.send(refusal(found.error()));
        release(hub, found->access, fhir(200, std::move(found->body)), std::move(reply));
    };
}

}  // namespace idun::api
