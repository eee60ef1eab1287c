#include <algorithm>

#include "api/access_entry.h"
#include "api/access_query.h"
#include "api/fhir_answer.h"
#include "api/subject.h"
#include "api/unaccounted.h"
#include "json/writer.h"

namespace idun::api {
namespace {

void link(json::Writer& w, std::string_view relation, const std::string& url) {
    w.object().member("relation", relation).member("url", url).end();
}

std::string bundle(const Hub& hub, const Subject& subject, const AccessQuery& ask,
                   const exchange::AccessView::Page& page, const std::vector<std::string>& outcomes) {
    const std::string base = hub.base_url + "/AuditEvent?" + ask.self + link_to(subject);
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").name("link").array();
    link(w, "self", ask.after.empty() ? base : base + "&_page=" + ask.after);
    if (!page.next.empty()) link(w, "next", base + "&_page=" + page.next);
    w.end();
    if (!page.seen.empty() || !outcomes.empty()) {
        w.name("entry").array();
        for (const auto& one : page.seen) {
            w.object().name("resource").raw(audit_event_of(hub, one));
            w.name("search").object().member("mode", "match").end().end();
        }
        for (const std::string& outcome : outcomes) {
            w.object().name("resource").raw(outcome);
            w.name("search").object().member("mode", "outcome").end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

Result<std::vector<std::string>> unaccounted_of(Hub& hub, const people::Numbers& numbers) {
    std::vector<std::string> out;
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(auto outcomes, unaccounted(hub, number));
        for (std::string& one : outcomes)
            if (std::ranges::find(out, one) == out.end()) out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

// Who has looked at the caller's data, or at those of a person whom she represents in everything; newest first.
http::Handler hub_accesses(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto ask = access_query(request);
        if (!ask) return reply.send(refusal(ask.error()));
        const auto subject = subject_of(hub, *user, ask->who, Reach::everything);
        if (!subject) return reply.send(refusal(subject.error()));
        const exchange::AccessFilter filter = filter_for(hub, *subject, ask->filter);
        const people::Numbers numbers = hub.links.of(subject->person);
        const auto page = hub.accesses.about_all(numbers.all(), filter, ask->after, ask->count);
        if (!page) return reply.send(refusal(page.error()));
        const auto outcomes = ask->after.empty() ? unaccounted_of(hub, numbers) : Result<std::vector<std::string>>({});
        if (!outcomes) return reply.send(refusal(outcomes.error()));
        ledger::Access access = access_about(hub, *user, *subject, ledger::Action::search, request);
        access.query = "AuditEvent";
        release(hub, access, fhir(200, bundle(hub, *subject, *ask, *page, *outcomes)), std::move(reply));
    };
}

}  // namespace idun::api
