// Search: parse, find, give the first page; later pages from a session.
#include <charconv>

#include "http/message.h"
#include "json/writer.h"
#include "records/internal/finder.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

using fhir::IssueCode;

constexpr std::size_t kFetch = 500;

Outcome expired() {
    return refused(410, IssueCode::expired,
                   "this page is no longer there: pages are kept for some minutes and for their owner only; search again");
}

// The entries of one page, from `offset` on.
struct Page {
    std::size_t next = 0;  // the place to go on from
    std::vector<Loaded> entries;
};

// Takes matches until the page is full. A match that is no longer visible leaves no gap.
Result<Page> collect_page(const Records::Impl& records, const store::Snapshot& snapshot, const Session& session,
                          std::size_t offset, const Visible& visible) {
    Page out;
    out.next = offset;
    while (out.entries.size() < session.count && out.next < session.matches.size()) {
        std::vector<Place> places;
        const std::size_t wanted = std::min(kFetch, session.count - out.entries.size());
        while (places.size() < wanted && out.next < session.matches.size()) {
            const Match& match = session.matches[out.next++];
            places.push_back({match.partition, session.type, match.id});
        }
        TRY_ASSIGN(auto loaded, records.load(snapshot, places, true));
        for (auto& one : loaded) {
            if (!one || one->body == nullptr) return fail(Category::corrupt, "a resource that was found is missing");
            if (!visible || visible(one->touched)) out.entries.push_back(std::move(*one));
        }
    }
    return out;
}

// Is anything after `offset` visible? So that a `next` link never leads to an empty page.
Result<bool> anything_after(const Records::Impl& records, const store::Snapshot& snapshot, const Session& session,
                            std::size_t offset, const Visible& visible) {
    if (!visible) return offset < session.matches.size();
    while (offset < session.matches.size()) {
        std::vector<Place> places;
        while (places.size() < 16 && offset < session.matches.size()) {
            const Match& match = session.matches[offset++];
            places.push_back({match.partition, session.type, match.id});
        }
        TRY_ASSIGN(const auto loaded, records.load(snapshot, places, false));
        for (const auto& one : loaded) {
            if (one && visible(one->touched)) return true;
        }
    }
    return false;
}

struct Links {
    std::string self;
    std::string next;
};

std::string searchset(const Records::Impl& records, const std::vector<Loaded>& entries, const Links& links,
                      std::optional<std::size_t> total) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset");
    if (total) w.member("total", *total);
    w.name("link").array();
    w.object().member("relation", "self").member("url", links.self).end();
    if (!links.next.empty()) w.object().member("relation", "next").member("url", links.next).end();
    w.end();
    if (!entries.empty()) {
        w.name("entry").array();
        for (const Loaded& entry : entries) {
            w.object().member("fullUrl", records.options.base_url + "/" + entry.touched.type + "/" + entry.touched.id);
            w.name("resource").raw(*entry.body);
            w.name("search").object().member("mode", "match").end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

std::string address(const Options& options, std::string_view type, const Parameters& parameters) {
    std::string out = options.base_url + "/" + std::string(type);
    char separator = '?';
    for (const auto& [name, value] : parameters) {
        out += std::exchange(separator, '&');
        out += http::percent_encoded(name) + "=" + http::percent_encoded(value);
    }
    return out;
}

std::string page_address(const Options& options, std::string_view type, std::string_view token, std::size_t offset) {
    return options.base_url + "/" + std::string(type) + "?_page=" + std::string(token) + "-" + std::to_string(offset);
}

Outcome answer(std::string body, std::vector<Loaded> entries, store::Version seen) {
    Outcome out;
    out.seen = seen;
    out.body = std::make_shared<const std::string>(std::move(body));
    for (Loaded& entry : entries) out.touched.push_back(std::move(entry.touched));
    return out;
}

}  // namespace

Or<search::Query> Records::Impl::parse(std::string_view type, const Parameters& parameters) const {
    if (!definitions.is_resource(type)) {
        return tl::unexpected(refused(404, IssueCode::not_supported, "there is no such resource type in FHIR R4"));
    }
    auto query = search::parse_search(fields, type, parameters, search_limits);
    if (query) return std::move(*query);
    fhir::Issues issues;
    for (const Error& error : query.error()) issues.push_back(fhir::to_issue(error));
    return tl::unexpected(refused(400, std::move(issues)));
}

Result<std::vector<Match>> Records::Impl::find(const search::Query& query, const store::Snapshot& snapshot,
                                               const Visible& visible) const {
    return Finder(*this, query, snapshot, visible).run();
}

Or<std::vector<std::string>> Records::Impl::find_by_condition(std::string_view type, std::string_view condition,
                                                              const store::Snapshot& snapshot,
                                                              const Visible& visible) const {
    if (condition.starts_with('?')) condition.remove_prefix(1);
    const auto parameters = http::parameters(condition);
    if (!parameters) return tl::unexpected(refused(parameters.error()));
    auto query = parse(type, *parameters);
    if (!query) return tl::unexpected(std::move(query.error()));
    if (query->clauses.empty()) {
        return tl::unexpected(refused(400, IssueCode::invalid, "a condition needs at least one search parameter"));
    }
    const auto found = find(*query, snapshot, visible);
    if (!found) return tl::unexpected(refused(found.error()));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found->size() && i < 2; ++i) out.push_back((*found)[i].id);
    return out;
}

Outcome Records::Impl::search(std::string_view type, const Parameters& parameters, const Context& context) {
    if (parameters.size() == 1 && parameters[0].first == "_page") return page(parameters[0].second, context);
    const auto query = parse(type, parameters);
    if (!query) return query.error();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    auto matches = find(*query, **snapshot, context.visible);
    if (!matches) return refused(matches.error());

    auto session = std::make_shared<Session>();
    session->owner = context.owner;
    session->type = type;
    session->version = (*snapshot)->version();
    session->count = std::min(query->count.value_or(options.page_entries_default), options.page_entries_max);
    session->matches = std::move(*matches);
    const std::size_t total = session->matches.size();
    const auto shown_total = query->total == search::Query::Total::none && !query->only_count ? std::nullopt : std::optional(total);
    Links links{address(options, type, parameters), {}};
    if (query->only_count) return answer(searchset(*this, {}, links, total), {}, session->version);

    auto first = collect_page(*this, **snapshot, *session, 0, {});
    if (!first) return refused(first.error());
    if (first->next < total) {
        const std::string token = sessions.keep(session);
        if (token.empty()) return refused(413, IssueCode::too_costly, "the search finds too much to be given in pages; narrow it");
        store.hold(*snapshot, options.page_session_time);
        links.next = page_address(options, type, token, first->next);
    }
    std::string body = searchset(*this, first->entries, links, shown_total);
    return answer(std::move(body), std::move(first->entries), session->version);
}

Outcome Records::Impl::page(std::string_view token, const Context& context) {
    const std::size_t dash = token.rfind('-');
    std::size_t offset = 0;
    if (dash == std::string_view::npos || token.size() > 64) return expired();
    const std::string_view digits = token.substr(dash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (error != std::errc{} || end != digits.data() + digits.size()) return expired();
    const std::string_view name = token.substr(0, dash);
    const auto session = sessions.find(name, context.owner);
    if (session == nullptr || offset > session->matches.size()) return expired();
    const auto snapshot = store.snapshot_at(session->version);
    if (!snapshot) return snapshot.error().category == Category::gone ? expired() : refused(snapshot.error());

    auto found = collect_page(*this, **snapshot, *session, offset, context.visible);
    if (!found) return refused(found.error());
    const auto more = anything_after(*this, **snapshot, *session, found->next, context.visible);
    if (!more) return refused(more.error());
    Links links{page_address(options, session->type, name, offset), {}};
    if (*more) links.next = page_address(options, session->type, name, found->next);
    std::string body = searchset(*this, found->entries, links, std::nullopt);
    return answer(std::move(body), std::move(found->entries), session->version);
}

}  // namespace idun::records
