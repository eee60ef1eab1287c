#include <fmt/format.h>

#include <charconv>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "fhir/parameters.h"
#include "index/fhir_pointer.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kCountDefault = 50;
constexpr std::size_t kCountMax = 200;

std::string setting(bool on) {
    return fhir::ParametersWriter().flag("on", on).take();
}

void message(json::Writer& w, const Hub& hub, const crypto::Pseudonym& person, const exchange::Notice& notice) {
    w.object().member("fullUrl", hub.base_url + "/Communication/" + notice.id).name("resource").object();
    w.member("resourceType", "Communication").member("id", notice.id).member("status", "completed");
    w.name("category").array().object().name("coding").array().object().member("system", "urn:idun:notice");
    w.member("code", exchange::to_string(notice.kind)).end().end().end().end();
    w.member("priority", notice.kind == exchange::NoticeKind::break_glass ? "urgent" : "routine");
    w.name("subject").object().name("identifier").object().member("system", index::kPseudonymSystem);
    w.member("value", person.text()).end().end();
    w.member("sent", to_iso(notice.time)).name("payload").array();
    for (const auto& [language, text] : {std::pair("sv", &notice.sv), std::pair("en", &notice.en)}) {
        w.object().name("extension").array().object().member("url", "http://hl7.org/fhir/StructureDefinition/language");
        w.member("valueCode", language).end().end().member("contentString", *text).end();
    }
    w.end().end().name("search").object().member("mode", "match").end().end();
}

struct Ask {
    std::optional<Identifier> who;
    std::string before;
    std::size_t count = kCountDefault;
};

Result<Ask> ask_of(const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"patient.identifier", "_count", "_page"}));
    Ask out;
    out.who = given.identifier("patient.identifier");
    out.before = given.text("_page");
    if (!given.has("_count")) return out;
    const std::string_view text = given.text("_count");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
    if (error != std::errc() || end != text.data() + text.size() || out.count == 0)
        return fail(Category::invalid, "_count is a number from 1", "_count");
    out.count = std::min(out.count, kCountMax);
    return out;
}

std::string bundle(const Hub& hub, const Subject& subject, const Ask& ask,
                   const exchange::Notices::Page& page) {
    json::Writer w;
    const std::string base = fmt::format("{}/Communication?_count={}{}", hub.base_url, ask.count, link_to(subject));
    w.object().member("resourceType", "Bundle").member("type", "searchset").name("link").array();
    w.object()
        .member("relation", "self")
        .member("url", ask.before.empty() ? base : base + "&_page=" + ask.before)
        .end();
    if (!page.next.empty()) w.object().member("relation", "next").member("url", base + "&_page=" + page.next).end();
    w.end();
    if (!page.notices.empty()) {
        w.name("entry").array();
        for (const exchange::Notice& notice : page.notices) message(w, hub, subject.person, notice);
        w.end();
    }
    w.end();
    return w.take();
}

Result<bool> set_or_get(Hub& hub, const http::Request& request, const crypto::Pseudonym& person) {
    TRY(unambiguous(hub, person));
    if (request.method == "GET") return hub.notices.wanted(person);
    TRY_ASSIGN(const Given given, given_in(request, {"on"}));
    if (!given.has("on")) return fail(Category::invalid, "say on: true or false", "Parameters.parameter");
    TRY_ASSIGN(const bool on, given.flag("on", true));
    TRY(hub.notices.want(person, on));
    return on;
}

}  // namespace

// GET, POST /fhir/Patient/$notifications: whether the person is told of ordinary accesses.
http::Handler hub_notifications(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto on = set_or_get(hub, request, *user->person);
        if (!on) return reply.send(refusal(on.error()));
        const bool changes = request.method == "POST";
        ledger::Access access =
            own_access(hub, *user, changes ? ledger::Action::rights_change : ledger::Action::search, request);
        access.query = changes ? (*on ? "notifications on" : "notifications off") : "notifications";
        release(hub, access, fhir(200, setting(*on)), std::move(reply));
    };
}

// GET /fhir/Communication: what the caller, or a person whom she represents in everything, has been told; newest first.
http::Handler hub_communications(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto ask = ask_of(request);
        if (!ask) return reply.send(refusal(ask.error()));
        const auto subject = subject_of(hub, *user, ask->who, Reach::everything);
        if (!subject) return reply.send(refusal(subject.error()));
        if (const Status done = hub.accesses.come_up_to_date(); !done) return reply.send(refusal(done.error()));
        const auto page = hub.notices.about(subject->person, ask->before, ask->count);
        if (!page) return reply.send(refusal(page.error()));
        ledger::Access access = access_about(hub, *user, *subject, ledger::Action::search, request);
        access.query = "Communication";
        release(hub, access, fhir(200, bundle(hub, *subject, *ask, *page)), std::move(reply));
    };
}

}  // namespace idun::api
