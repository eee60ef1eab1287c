#include <algorithm>

#include "api/access_entry.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"

namespace idun::api {
namespace {

constexpr std::size_t kLinesAtOnce = 2'000;

http::Response as_ndjson(const Hub& hub, const exchange::AccessView::Page& page) {
    http::Response response;
    response.headers.set("Content-Type", "application/fhir+ndjson");
    response.headers.set("Content-Disposition", "attachment; filename=\"accesses.ndjson\"");
    if (!page.next.empty())
        response.headers.set("Link", "<" + hub.base_url + "/AuditEvent/$export?_page=" + page.next + ">; rel=\"next\"");
    for (const auto& one : page.seen) response.body.append(audit_event_of(hub, one)).append("\n");
    return response;
}

// One number after another; a page of the first is named as it always was, others by the number too: "NUMBER~PLACE".
Result<exchange::AccessView::Page> page_for(Hub& hub, const crypto::Pseudonym& person, const http::Request& request) {
    TRY(unambiguous(hub, person));
    TRY_ASSIGN(const Given given, given_in_query(request, {"_page"}));
    const people::Numbers numbers = hub.links.of(person);
    std::vector<crypto::Pseudonym> order(numbers.all().begin(), numbers.all().end());
    std::iter_swap(order.begin(), std::ranges::find(order, person));
    std::string_view place = given.text("_page");
    auto at = order.begin();
    if (const std::size_t mark = place.find('~'); mark != std::string_view::npos) {
        const auto number = crypto::Pseudonym::from_text(place.substr(0, mark));
        if (number) at = std::ranges::find(order, *number);
        if (!number || at == order.end()) return fail(Category::invalid, "the next link is not one of ours", "_page");
        place = place.substr(mark + 1);
    }
    TRY_ASSIGN(auto page, hub.accesses.every_entry(*at, place, kLinesAtOnce));
    if (page.next.empty() && ++at != order.end()) page.next = at->text() + "~";
    else if (!page.next.empty() && at != order.begin()) page.next = at->text() + "~" + page.next;
    return page;
}

}  // namespace

// GET /fhir/AuditEvent/$export: for the person, all entries about her, one a line, as NDJSON.
http::Handler hub_access_export(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto page = page_for(hub, *user->person, request);
        if (!page) return reply.send(refusal(page.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::export_data, request);
        access.query = "AuditEvent/$export";
        release(hub, access, as_ndjson(hub, *page), std::move(reply));
    };
}

}  // namespace idun::api
