#include <fmt/format.h>

#include "api/access_entry.h"
#include "api/access_query.h"
#include "api/fhir_answer.h"
#include "api/subject.h"
#include "api/supervision.h"

namespace idun::api {
namespace {

constexpr std::size_t kEntriesOnPage = 2'000;

struct FoundAccesses {
    std::string what;  // by which it was searched, for the log
    exchange::AccessView::Page page;
};

// By a person, one user or one log; every other parameter narrows it.
Result<FoundAccesses> found_by(Hub& hub, const trust::UserToken& user, const AccessQuery& ask) {
    exchange::AccessFilter filter = ask.filter;
    const exchange::AccessFilter seen = for_supervisors(hub);
    filter.rules = seen.rules;
    filter.reader = seen.reader;
    FoundAccesses out;
    if (ask.who) {
        TRY_ASSIGN(const auto person, person_named(hub, user, *ask.who));
        const people::Numbers numbers = hub.links.of(person);
        TRY_ASSIGN(out.page, hub.accesses.about_all(numbers.all(), filter, ask.after, kEntriesOnPage, exchange::AccessView::Sight::supervisor));
        out.what = "AuditEvent of a person";
        return out;
    }
    if (filter.users.size() == 1) {
        TRY_ASSIGN(out.page, hub.accesses.by_user(filter.users[0], filter, ask.after, kEntriesOnPage));
        out.what = "AuditEvent user " + filter.users[0];
        return out;
    }
    if (filter.logs.size() == 1) {
        TRY_ASSIGN(out.page, hub.accesses.of_log(filter.logs[0], filter, ask.after, kEntriesOnPage));
        out.what = "AuditEvent site " + filter.logs[0];
        return out;
    }
    return fail(Category::invalid, "name a person (patient.identifier), one user (agent:identifier) or one log (site)", "AuditEvent");
}

Result<Supervised> accesses_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const AccessQuery ask, access_query(request, kGroundNames));
    TRY_ASSIGN(FoundAccesses found, found_by(hub, supervision.user, ask));
    Supervised out;
    ShownPeople people;
    out.response.headers.set("Content-Type", "application/fhir+ndjson");
    if (!found.page.next.empty()) out.response.headers.set("X-Idun-Next-Page", found.page.next);
    for (const auto& one : found.page.seen) {
        TRY(people.add(hub, one));
        out.response.body.append(audit_event_of(hub, one)).append("\n");
    }
    out.entries = std::move(people).entries(
        supervision_access(hub, supervision, ledger::Action::export_data, request, std::move(found.what)));
    return out;
}

}  // namespace

// GET /supervision/accesses?ground=&reference=&…: entries across people, as FHIR NDJSON.
http::Handler hub_supervised_accesses(Hub& hub) { return answering_supervisors(hub, accesses_for); }

}  // namespace idun::api
