// Search and read in the directory; open to everybody.
#include <fmt/format.h>

#include <charconv>

#include "api/directory_answer.h"
#include "api/search_form.h"
#include "fhir/definitions.h"
#include "json/writer.h"
#include "search/subset.h"

namespace idun::api {
namespace {

using directory::Type;

// A search as it came, without what says which directory is meant.
struct DirectoryQuestion {
    directory::Parameters parameters;
    std::optional<Instant> at;
    std::optional<std::pair<std::uint64_t, std::size_t>> page;  // number and offset, from our own next links
    std::string asked;                                           // for links, "?" and the rest, or ""
};

Result<std::pair<std::uint64_t, std::size_t>> page_in(std::string_view text) {
    std::pair<std::uint64_t, std::size_t> out;
    const char* end = text.data() + text.size();
    const auto number = std::from_chars(text.data(), end, out.first);
    if (number.ec == std::errc() && number.ptr != end && *number.ptr == '-') {
        const auto offset = std::from_chars(number.ptr + 1, end, out.second);
        if (offset.ec == std::errc() && offset.ptr == end) return out;
    }
    return fail(Category::invalid, "_page is of a next link only", "_page");
}

Result<DirectoryQuestion> directory_question(const Hub& hub, const http::Request& request) {
    DirectoryQuestion out;
    TRY_ASSIGN(out.parameters, search_form(request));
    directory::Parameters rest;
    for (auto& [name, value] : out.parameters) {
        if (name == "_page") {
            if (out.page) return fail(Category::invalid, "_page is given once", "_page");
            TRY_ASSIGN(out.page, page_in(value));
            continue;
        }
        out.asked += (out.asked.empty() ? "?" : "&") + http::percent_encoded(name) + "=" + http::percent_encoded(value);
        if (name == "_at") {
            if (out.at) return fail(Category::invalid, "_at is given once", "_at");
            TRY_ASSIGN(out.at, asked_time(hub, value));
            continue;
        }
        rest.emplace_back(std::move(name), std::move(value));
    }
    out.parameters = std::move(rest);
    return out;
}

void found_entry(json::Writer& w, const Hub& hub, const search::Query& query, const directory::Resource& one, std::string_view mode) {
    w.object().member("fullUrl", hub.base_url + "/" + one.name()).name("resource");
    if (query.summary == search::Query::Summary::none && query.elements.empty()) w.raw(one.body);
    else w.raw(search::subset(fhir::Definitions::r4(), one.root(), query.summary, query.elements));
    w.name("search").object().member("mode", mode).end().end();
}

fhir::Issues told_of(const search::Query& query, const directory::Found& found) {
    fhir::Issues out;
    for (const Error& error : query.ignored) {
        fhir::Issue issue = fhir::to_issue(error);
        issue.severity = fhir::Severity::warning;
        issue.text = "ignored: " + issue.text;
        out.push_back(std::move(issue));
    }
    if (found.cut)
        out.push_back({fhir::Severity::warning, fhir::IssueCode::too_costly, "more is to be included than one page holds; ask for smaller pages", "", 0, 0});
    return out;
}

http::Response search_directory(const Hub& hub, Type type, const http::Request& request) {
    const auto asked = directory_question(hub, request);
    if (!asked) return refusal(asked.error());
    const bool lenient = request.headers.get("Prefer").find("handling=lenient") != std::string_view::npos;
    const auto query = hub.finder.parse(type, asked->parameters, lenient);
    if (!query) {
        fhir::Issues issues;
        for (const Error& error : query.error()) issues.push_back(fhir::to_issue(error));
        return refusal(400, issues);
    }
    // Pages go on at the number of the first; leases are now's alone.
    directory::View view = hub.directory.view();
    const std::uint64_t number = asked->page ? asked->page->first : asked->at ? hub.directory.number_at(*asked->at) : view.number;
    if (asked->at || number != view.number) {
        auto then = hub.directory.view_at(number);
        if (!then) return refusal(Error(Category::invalid, "_page is of a next link only", "_page"));
        view = std::move(*then);
    }
    const auto found = hub.finder.find(*query, view, asked->page ? asked->page->second : 0, hub.clock.now());
    if (!found) return refusal(found.error());

    const std::string base = hub.base_url + "/" + std::string(directory::to_string(type));
    const std::string page = asked->page ? fmt::format("{}_page={}-{}", asked->asked.empty() ? "?" : "&", number, asked->page->second) : "";
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", found->total);
    w.name("link").array().object().member("relation", "self").member("url", base + asked->asked + page).end();
    if (found->next != 0) {
        w.object().member("relation", "next");
        w.member("url", fmt::format("{}{}{}_page={}-{}", base, asked->asked, asked->asked.empty() ? "?" : "&", number, found->next)).end();
    }
    w.end();
    const fhir::Issues told = told_of(*query, *found);
    if (!found->matches.empty() || !told.empty()) {  // FHIR knows no empty arrays
        w.name("entry").array();
        for (const directory::ResourcePtr& one : found->matches) found_entry(w, hub, *query, *one, "match");
        for (const directory::ResourcePtr& one : found->included) found_entry(w, hub, *query, *one, "include");
        if (!told.empty()) {
            w.object().name("resource").raw(fhir::operation_outcome(told));
            w.name("search").object().member("mode", "outcome").end().end();
        }
        w.end();
    }
    w.end();
    return fhir(200, w.take());
}

http::Response spared(const http::Request& request, http::Response response) {
    if (request.headers.get("If-None-Match") != response.headers.get("ETag")) return response;
    response.status = 304;
    response.body.clear();
    return response;
}

Result<http::Response> read_directory(const Hub& hub, Type type, const http::Request& request) {
    std::optional<Instant> at;
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters) {
        if (name != "_at" || at) return fail(Category::invalid, "a read takes _at only, once");
        TRY_ASSIGN(at, asked_time(hub, value));
    }
    const std::string& id = request.parts[0];
    if (!at) {
        if (const auto found = hub.directory.view().find(type, id)) return spared(request, version_response(200, *found, found->body));
    }
    TRY_ASSIGN(const auto version, hub.directory.version_at(type, id, at ? hub.directory.number_at(*at) : hub.directory.number()));
    if (!version) return fail(Category::not_found, at ? "there was no such resource in the directory then" : "there is no such resource in the directory");
    if (version->deleted) return fail(Category::gone, "the resource was deleted");
    return version_response(200, *version, version->body);
}

}  // namespace

http::Handler directory_handler(Hub& hub, std::function<Result<http::Response>(Hub&, const http::Request&)> operation) {
    return [&hub, operation = std::move(operation)](http::Request request, http::Reply reply) {
        auto response = operation(hub, request);
        reply.send(response ? std::move(*response) : refusal(response.error()));
    };
}

http::Response version_response(int status, const directory::Version& version, std::string body) {
    auto response = fhir(status, std::move(body));
    response.headers.set("ETag", records::etag(version.version));
    response.headers.set("Last-Modified", http_date(version.time));
    return response;
}

Result<Instant> asked_time(const Hub& hub, std::string_view text) {
    const auto time = from_iso(text);
    if (!time) return fail(Category::invalid, "_at is an instant, such as 2026-11-01T12:00:00Z", "_at");
    if (*time > hub.clock.now()) return fail(Category::invalid, "_at lies in the future", "_at");
    return *time;
}

http::Handler hub_directory_search(Hub& hub, Type type) {
    return directory_handler(hub, [type](Hub& h, const http::Request& request) -> Result<http::Response> { return search_directory(h, type, request); });
}

http::Handler hub_directory_read(Hub& hub, Type type) {
    return directory_handler(hub, [type](Hub& h, const http::Request& request) { return read_directory(h, type, request); });
}

http::Handler hub_directory_vread(Hub& hub, Type type) {
    return directory_handler(hub, [type](Hub& h, const http::Request& request) -> Result<http::Response> {
        std::uint64_t number = 0;
        const std::string& text = request.parts[1];
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (!request.query.empty()) return fail(Category::invalid, "a read of one version takes no parameters");
        std::optional<directory::Version> version;
        if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
            TRY_ASSIGN(version, h.directory.version(type, request.parts[0], number));
        }
        if (!version) return fail(Category::not_found, "there is no such version");
        if (version->deleted) return fail(Category::gone, "this version says that the resource was deleted");
        return version_response(200, *version, version->body);
    });
}

}  // namespace idun::api
