#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "api/choices.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kCountDefault = 100;
constexpr std::size_t kCountMax = 200;

// Below which number, and how many.
struct Pages {
    std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
    std::size_t count = kCountDefault;
};

Result<std::uint64_t> number_of(const Given& given, std::string_view name, std::uint64_t otherwise) {
    if (!given.has(name)) return otherwise;
    const std::string_view text = given.text(name);
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Category::invalid, "a whole number", std::string(name));
    return out;
}

Result<Pages> pages_of(const Given& given) {
    Pages out;
    TRY_ASSIGN(out.before, number_of(given, "_page", out.before));
    TRY_ASSIGN(const std::uint64_t count, number_of(given, "_count", kCountDefault));
    if (count == 0) return fail(Category::invalid, "_count is a number from 1", "_count");
    out.count = std::min<std::uint64_t>(count, kCountMax);
    return out;
}

void entry(json::Writer& w, const Hub& hub, const ShownChoice& one) {
    const std::string url = "Consent/" + one.shown.id;
    w.object().member("fullUrl", hub.base_url + "/" + url).name("resource").raw(to_fhir(hub, one));
    w.name("request").object().member("method", one.ended ? "DELETE" : one.shown.version == 1 ? "POST" : "PUT");
    w.member("url", one.ended || one.shown.version > 1 ? url : "Consent").end();
    w.name("response").object().member("status", one.ended ? "204" : "201");
    if (one.shown.set) w.member("lastModified", to_iso(*one.shown.set));
    w.end().end();
}

void page_link(json::Writer& w, std::string_view relation, const std::string& base, std::uint64_t before) {
    const bool first = before == std::numeric_limits<std::uint64_t>::max();
    w.object().member("relation", relation);
    w.member("url", first ? base : fmt::format("{}&_page={}", base, before)).end();
}

std::string bundle(const Hub& hub, const Subject& subject, const std::string& path, const Pages& pages,
                   const ShownPage& page) {
    json::Writer w;
    const std::string base = fmt::format("{}/{}?_count={}{}", hub.base_url, path, pages.count, link_to(subject));
    w.object().member("resourceType", "Bundle").member("type", "history").member("total", page.total);
    w.name("link").array();
    page_link(w, "self", base, pages.before);
    if (page.next != 0) page_link(w, "next", base, page.next);
    w.end();
    if (!page.versions.empty()) {
        w.name("entry").array();
        for (const ShownChoice& one : page.versions) entry(w, hub, one);
        w.end();
    }
    w.end();
    return w.take();
}

struct Told {
    Subject subject;
    std::string body;
};

Result<Told> history(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"patient.identifier", "_count", "_page"}));
    TRY_ASSIGN(const Pages pages, pages_of(given));
    TRY_ASSIGN(const Subject subject, subject_of(hub, user, given.identifier("patient.identifier"), Reach::choices));
    const std::string id = request.parts.empty() ? "" : request.parts[0];
    TRY_ASSIGN(const ShownPage page, versions_of(hub, subject, id, pages.before, pages.count));
    if (!id.empty() && page.total == 0) return fail(Category::not_found, "no such choice");
    const std::string path = id.empty() ? "Consent/_history" : "Consent/" + id + "/_history";
    return Told{subject, bundle(hub, subject, path, pages, page)};
}

}  // namespace

// Every version, newest first: who set or ended it, when, on whose behalf.
http::Handler hub_consent_history(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        auto told = history(hub, *user, request);
        if (!told) return reply.send(refusal(told.error()));
        ledger::Access access = access_about(hub, *user, told->subject, ledger::Action::history, request);
        access.query = "Consent";
        release(hub, access, fhir(200, std::move(told->body)), std::move(reply));
    };
}

}  // namespace idun::api
