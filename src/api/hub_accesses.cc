#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"
#include "ledger/audit_event.h"

namespace idun::api {
namespace {

constexpr std::size_t kShownMax = 200;

std::string bundle(const Hub& hub, const std::vector<exchange::AccessView::Seen>& seen) {
    const ledger::Names names{.provider = [&](std::string_view id) { return hub.directory.name_of(id); }};
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", seen.size());
    if (!seen.empty()) {
        w.name("entry").array();
        for (const auto& one : seen) {
            w.object().name("resource").raw(ledger::to_audit_event(one.access, one.receipt, names));
            w.name("search").object().member("mode", "match").end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

}  // namespace

// Who has looked at the caller's own data, newest first.
http::Handler hub_accesses(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        if (!request.query.empty())
            return reply.send(refusal(Error(Category::invalid, "no parameters are known here: the token says who asks")));
        const auto seen = hub.accesses.about(*user->person, kShownMax);
        if (!seen) return reply.send(refusal(seen.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.query = "AuditEvent";
        release(hub, access, fhir(200, bundle(hub, *seen)), std::move(reply));
    };
}

}  // namespace idun::api
