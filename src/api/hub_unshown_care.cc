#include <charconv>

#include "api/fhir_answer.h"
#include "api/supervision.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kUnshownDefault = 50;
constexpr std::size_t kUnshownMax = 200;

struct UnshownAsk {
    std::string provider;
    std::string before;
    std::size_t count = kUnshownDefault;
};

Result<UnshownAsk> unshown_ask(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"provider", "_count", "_page", "ground", "reference"}));
    UnshownAsk out;
    TRY_ASSIGN(out.provider, given.required("provider", 128));
    if (!hub.directory.organisation(out.provider)) return fail(Category::invalid, "no such provider in the directory");
    out.before = given.text("_page");
    const std::string_view text = given.text("_count");
    if (text.empty()) return out;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
    if (error != std::errc() || end != text.data() + text.size() || out.count == 0)
        return fail(Category::invalid, "_count is a number from 1");
    out.count = std::min(out.count, kUnshownMax);
    return out;
}

std::string unshown_list(const UnshownAsk& ask, const exchange::CareChecks::Page& page) {
    json::Writer w;
    w.object().member("provider", ask.provider).name("declared").array();
    for (const exchange::UnshownCare& one : page.unshown) {
        const exchange::DeclaredCare& d = one.declared;
        w.object().member("at", to_iso(d.at)).member("user", d.user_id).member("name", d.name);
        w.member("unit", d.unit_id).member("person", d.person.text());
        w.member("state", one.answered ? "none" : "unanswered").member("checked", to_iso(one.checked)).end();
    }
    w.end();
    if (!page.next.empty()) w.member("next", page.next);
    w.end();
    return w.take();
}

Result<Supervised> unshown_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const UnshownAsk ask, unshown_ask(hub, request));
    TRY_ASSIGN(const auto page, hub.care.unshown(ask.provider, ask.before, ask.count));
    Supervised out;
    ShownPeople people;
    for (const exchange::UnshownCare& one : page.unshown) TRY(people.add_counted(hub, one.declared.person));
    out.response.headers.set("Content-Type", "application/json");
    out.response.body = unshown_list(ask, page);
    out.entries = std::move(people).entries(
        supervision_access(hub, supervision, ledger::Action::search, request, "unshown-care " + ask.provider));
    return out;
}

}  // namespace

// GET /rights/unshown-care?provider=ID&ground=&reference=: care relations that staff of the provider has declared and its
// bookings and encounters do not show, newest first, by user; persons by pseudonym.
http::Handler hub_unshown_care(Hub& hub) { return answering_supervisors(hub, unshown_for); }

}  // namespace idun::api
