#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/choices.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kCountDefault = 100;
constexpr std::size_t kCountMax = 200;

// How many to pass over and to show.
struct Pages {
    std::size_t from = 0;
    std::size_t count = kCountDefault;
};

Result<std::size_t> number_of(const Given& given, std::string_view name, std::size_t otherwise) {
    if (!given.has(name)) return otherwise;
    const std::string_view text = given.text(name);
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Category::invalid, "a whole number", std::string(name));
    return out;
}

Result<Pages> pages_of(const Given& given) {
    Pages out;
    TRY_ASSIGN(out.from, number_of(given, "_page", 0));
    TRY_ASSIGN(out.count, number_of(given, "_count", kCountDefault));
    if (out.count == 0) return fail(Category::invalid, "_count is a number from 1", "_count");
    out.count = std::min(out.count, kCountMax);
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

std::string bundle(const Hub& hub, const std::string& path, const Pages& pages,
                   const std::vector<ShownChoice>& newest_first) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "history").member("total", newest_first.size());
    const std::size_t from = std::min(pages.from, newest_first.size());
    const std::size_t to = std::min(newest_first.size(), from + pages.count);
    w.name("link").array();
    w.object()
        .member("relation", "self")
        .member("url", fmt::format("{}/{}?_count={}&_page={}", hub.base_url, path, pages.count, from))
        .end();
    if (to < newest_first.size())
        w.object()
            .member("relation", "next")
            .member("url", fmt::format("{}/{}?_count={}&_page={}", hub.base_url, path, pages.count, to))
            .end();
    w.end();
    if (from < to) {
        w.name("entry").array();
        for (std::size_t i = from; i < to; ++i) entry(w, hub, newest_first[i]);
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
    TRY_ASSIGN(const Subject subject, subject_of(hub, user, given.identifier("patient.identifier"), true));
    TRY_ASSIGN(auto versions, versions_of(hub, subject));
    std::reverse(versions.begin(), versions.end());
    std::string path = "Consent/_history";
    if (!request.parts.empty()) {
        std::erase_if(versions, [&](const ShownChoice& one) { return one.shown.id != request.parts[0]; });
        if (versions.empty()) return fail(Category::not_found, "no such choice");
        path = "Consent/" + versions.front().shown.id + "/_history";
    }
    return Told{subject, bundle(hub, path, pages, versions)};
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
