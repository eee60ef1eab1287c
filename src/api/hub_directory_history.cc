// The directory's history, newest first: the update feed of IHE mCSD (ITI-91). Open to everybody.
#include <fmt/format.h>

#include <charconv>

#include "api/directory_answer.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kHistoryCountDefault = 200;
constexpr std::size_t kHistoryCountMax = 1'000;

struct HistoryQuestion {
    std::optional<Instant> since;
    std::size_t count = kHistoryCountDefault;
    std::uint64_t before = 0;
    std::string since_text;
};

template <typename Number>
bool all_digits(std::string_view text, Number& out) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && out > 0;
}

Result<HistoryQuestion> history_question(const http::Request& request) {
    HistoryQuestion out;
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters) {
        if (name == "_since") {
            out.since = from_iso(value);
            if (!out.since) return fail(Category::invalid, "_since is an instant, such as 2026-11-01T12:00:00Z", "_since");
            out.since_text = value;
        } else if (name == "_count") {
            if (!all_digits(value, out.count)) return fail(Category::invalid, "_count is a number from 1", "_count");
            out.count = std::min(out.count, kHistoryCountMax);
        } else if (name == "_before") {
            if (!all_digits(value, out.before)) return fail(Category::invalid, "_before is of a next link only", "_before");
        } else {
            return fail(Category::invalid, "a history of the directory takes _since and _count only");
        }
    }
    return out;
}

Result<http::Response> history_of(const Hub& hub, std::optional<directory::Type> type, const http::Request& request) {
    TRY_ASSIGN(const auto asked, history_question(request));
    const std::string id = request.parts.empty() ? std::string() : request.parts[0];
    TRY_ASSIGN(const auto page, hub.directory.history(type, id, asked.since, asked.before, asked.count));
    if (!id.empty() && page.versions.empty()) {
        TRY_ASSIGN(const auto any, hub.directory.version_at(*type, id, hub.directory.number()));
        if (!any) return fail(Category::not_found, "there is no such resource in the directory");
    }
    std::string base = hub.base_url;
    if (type) base += "/" + std::string(directory::to_string(*type));
    if (!id.empty()) base += "/" + id;
    const std::string count = fmt::format("{}/_history?_count={}", base, asked.count) +
                              (asked.since ? "&_since=" + http::percent_encoded(asked.since_text) : "");
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "history").name("link").array();
    w.object().member("relation", "self").member("url", count + (asked.before ? fmt::format("&_before={}", asked.before) : "")).end();
    if (page.before) w.object().member("relation", "next").member("url", fmt::format("{}&_before={}", count, *page.before)).end();
    w.end();
    if (!page.versions.empty()) {
        w.name("entry").array();
        for (const directory::Version& one : page.versions) {
            w.object().member("fullUrl", hub.base_url + "/" + one.name());
            if (!one.deleted) w.name("resource").raw(one.body);
            w.name("request").object().member("method", one.deleted ? "DELETE" : "PUT").member("url", one.name()).end();
            w.name("response").object().member("status", one.deleted ? "204" : one.version == 1 ? "201" : "200");
            w.member("etag", records::etag(one.version)).member("lastModified", to_iso(one.time)).end().end();
        }
        w.end();
    }
    w.end();
    return fhir(200, w.take());
}

}  // namespace

http::Handler hub_directory_history(Hub& hub, std::optional<directory::Type> type) {
    return directory_handler(hub, [type](Hub& h, const http::Request& request) { return history_of(h, type, request); });
}

}  // namespace idun::api
