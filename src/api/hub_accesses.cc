#include <fmt/format.h>

#include <charconv>

#include "api/fhir_answer.h"
#include "api/unaccounted.h"
#include "json/writer.h"
#include "ledger/audit_event.h"

namespace idun::api {
namespace {

constexpr std::size_t kCountDefault = 100;
constexpr std::size_t kCountMax = 200;

struct Ask {
    std::string after;  // the place of a next link
    std::size_t count = kCountDefault;
};

Result<Ask> ask_of(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    Ask ask;
    for (const auto& [name, value] : parameters) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool is_number = error == std::errc() && end == value.data() + value.size();
        if (name == "_page" && !value.empty()) ask.after = value;
        else if (name == "_count" && is_number && number >= 1) ask.count = std::min<std::uint64_t>(number, kCountMax);
        else return fail(Category::invalid, "allowed are _count (a number from 1) and the next link; the token says whose accesses");
    }
    return ask;
}

void link(json::Writer& w, std::string_view relation, const std::string& url) {
    w.object().member("relation", relation).member("url", url).end();
}

std::string bundle(const Hub& hub, const Ask& ask, const exchange::AccessView::Page& page,
                   const std::vector<std::string>& outcomes) {
    const ledger::Names names{.provider = [&](std::string_view id) { return hub.directory.name_of(id); }};
    const std::string base = fmt::format("{}/AuditEvent?_count={}", hub.base_url, ask.count);
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").name("link").array();
    link(w, "self", ask.after.empty() ? base : base + "&_page=" + ask.after);
    if (!page.next.empty()) link(w, "next", base + "&_page=" + page.next);
    w.end();
    if (!page.seen.empty() || !outcomes.empty()) {
        w.name("entry").array();
        for (const auto& one : page.seen) {
            w.object().name("resource").raw(ledger::to_audit_event(one.access, one.receipt, names));
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

}  // namespace

// Who has looked at the caller's own data, newest first, in pages.
http::Handler hub_accesses(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto ask = ask_of(request);
        if (!ask) return reply.send(refusal(ask.error()));
        const auto page = hub.accesses.about(*user->person, ask->after, ask->count);
        if (!page) return reply.send(refusal(page.error()));
        const auto outcomes = ask->after.empty() ? unaccounted(hub, *user->person) : Result<std::vector<std::string>>({});
        if (!outcomes) return reply.send(refusal(outcomes.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.query = "AuditEvent";
        release(hub, access, fhir(200, bundle(hub, *ask, *page, *outcomes)), std::move(reply));
    };
}

}  // namespace idun::api
