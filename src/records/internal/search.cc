// Search: parse, find, give the first page; later pages from a session.
#include <algorithm>
#include <charconv>

#include "fhir/outcome.h"
#include "fhir/resource_id.h"
#include "http/message.h"
#include "json/writer.h"
#include "records/internal/finder.h"
#include "records/internal/impl.h"
#include "records/internal/include.h"
#include "search/subset.h"

namespace idun::records {
namespace {

using fhir::IssueCode;
using search::Clause;

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

Place place_of(const Match& match) { return {match.partition, std::string(type_name(match.type)), match.id}; }

// A match whose row is still at hand.
Result<Loaded> loaded_from(const Records::Impl& records, const store::Snapshot& snapshot, const Match& match) {
    if (match.known != nullptr) return Loaded{match.known->touched, match.known->body};
    TRY_ASSIGN(const RowView row, RowView::parse(match.row));
    const Place place = place_of(match);
    TRY_ASSIGN(std::string text, records.body_of(snapshot, row, place));
    const auto made = std::make_shared<const CachedResource>(
        CachedResource{row.touched(place.type, place.id), std::make_shared<const std::string>(std::move(text))});
    records.cache.keep(match.type, made);
    return Loaded{made->touched, made->body};
}

// Takes matches until the page is full, by entries or by bytes. A match that is no longer visible leaves no gap.
Result<Page> collect_page(const Records::Impl& records, const store::Snapshot& snapshot, const Session& session,
                          std::size_t offset, const Visible& visible, Effort& effort) {
    Page out;
    out.next = offset;
    std::size_t bytes = 0;
    const std::size_t bytes_max = std::min(records.options.page_bytes_max, effort.bytes_left());
    const auto fits = [&](const Loaded& one) { return out.entries.empty() || bytes + one.body->size() <= bytes_max; };
    const auto take = [&](Loaded one) {
        bytes += one.body->size();
        effort.show(one.body->size());
        out.entries.push_back(std::move(one));
    };
    while (out.entries.size() < session.count && out.next < session.matches.size()) {
        TRY(effort.look());
        if (const Match& match = session.matches[out.next]; !match.row.empty() || match.known != nullptr) {
            TRY_ASSIGN(auto one, loaded_from(records, snapshot, match));
            const bool shown = !visible || visible(one.touched);
            if (shown && !fits(one)) return out;
            ++out.next;
            if (shown) take(std::move(one));
            continue;
        }
        std::vector<Place> places;
        const std::size_t wanted = std::min(kFetch, session.count - out.entries.size());
        for (std::size_t at = out.next; places.size() < wanted && at < session.matches.size(); ++at) places.push_back(place_of(session.matches[at]));
        const std::size_t left = bytes_max - std::min(bytes, bytes_max);
        TRY_ASSIGN(auto loaded, records.load(snapshot, places, true, left, visible));
        for (auto& one : loaded) {
            if (!one || (one->body == nullptr && !visible))
                return fail(Category::corrupt, "a resource that was found is missing");
            if (one->body != nullptr && !fits(*one)) return out;
            ++out.next;
            if (one->body != nullptr) take(std::move(*one));
        }
    }
    return out;
}

// Is anything after `offset` visible? So that a `next` link never leads to an empty page.
Result<bool> anything_after(const Records::Impl& records, const store::Snapshot& snapshot, const Session& session,
                            std::size_t offset, const Visible& visible, Effort& effort) {
    if (!visible) return offset < session.matches.size();
    while (offset < session.matches.size()) {
        std::vector<Place> places;
        TRY(effort.look(16));
        while (places.size() < 16 && offset < session.matches.size()) places.push_back(place_of(session.matches[offset++]));
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

// One answer as it will be written.
struct Shown {
    Links links;
    std::optional<std::size_t> total;
    std::vector<Loaded> matches;
    Included more;
    fhir::Issues told;  // what was ignored or left out
};

void entry(json::Writer& w, const Records::Impl& records, const search::Query& query, const Loaded& one, std::string_view mode) {
    w.object().member("fullUrl", records.options.base_url + "/" + one.touched.type + "/" + one.touched.id);
    w.name("resource");
    const bool whole = query.summary == search::Query::Summary::none && query.elements.empty();
    const auto document = whole ? Result<json::Document>(fail(Category::internal, "")) : json::Document::parse(*one.body);
    if (document) w.raw(search::subset(records.definitions, document->root(), query.summary, query.elements));
    else w.raw(*one.body);
    w.name("search").object().member("mode", mode).end().end();
}

std::string searchset(const Records::Impl& records, const search::Query& query, const Shown& shown) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset");
    if (shown.total) w.member("total", *shown.total);
    w.name("link").array();
    w.object().member("relation", "self").member("url", shown.links.self).end();
    if (!shown.links.next.empty()) w.object().member("relation", "next").member("url", shown.links.next).end();
    w.end();
    if (!shown.matches.empty() || !shown.told.empty()) {
        w.name("entry").array();
        for (const Loaded& one : shown.matches) entry(w, records, query, one, "match");
        for (const Loaded& one : shown.more.entries) entry(w, records, query, one, "include");
        if (!shown.told.empty()) {
            w.object().name("resource").raw(fhir::operation_outcome(shown.told));
            w.name("search").object().member("mode", "outcome").end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

std::string address(const Options& options, std::string_view path) {
    return path.empty() ? options.base_url : options.base_url + "/" + std::string(path);
}

std::string self_address(const Options& options, std::string_view path, const Parameters& parameters, const search::Query& query) {
    std::string out = address(options, path);
    char separator = '?';
    for (const auto& [name, value] : parameters) {
        const bool ignored = std::ranges::any_of(query.ignored, [&](const Error& error) { return error.path == name; });
        if (ignored) continue;
        out += std::exchange(separator, '&');
        out += http::percent_encoded(name) + "=" + http::percent_encoded(value);
    }
    return out;
}

std::string page_address(const Options& options, std::string_view path, std::string_view token, std::size_t offset) {
    return address(options, path) + "?_page=" + std::string(token) + "-" + std::to_string(offset);
}

// Adds what is included, and writes.
Outcome answer(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot, const Context& context,
               Shown shown) {
    auto more = included(records, query, shown.matches, snapshot, context);
    if (!more) return refused_reading(more.error());
    shown.more = std::move(*more);
    if (shown.more.cut) {
        shown.told.push_back(fhir::Issue{.severity = fhir::Severity::warning, .code = IssueCode::too_costly,
                                         .text = "more is to be included than one page holds; ask for smaller pages", .path = {}});
    }
    Outcome out;
    out.seen = snapshot.version();
    out.body = std::make_shared<const std::string>(searchset(records, query, shown));
    out.touched.reserve(shown.matches.size() + shown.more.entries.size());
    for (Loaded& one : shown.matches) out.touched.push_back(std::move(one.touched));
    for (Loaded& one : shown.more.entries) out.touched.push_back(std::move(one.touched));
    return out;
}

fhir::Issues ignored_issues(const search::Query& query) {
    fhir::Issues out;
    for (const Error& error : query.ignored) {
        fhir::Issue issue = fhir::to_issue(error);
        issue.severity = fhir::Severity::warning;
        issue.text = "ignored: " + issue.text;
        out.push_back(std::move(issue));
    }
    return out;
}

Outcome no_such_type() { return refused(404, IssueCode::not_supported, "there is no such resource type in FHIR R4"); }

// The types that `_type` names, out of `all`; removes it from the parameters.
Or<std::vector<std::string>> chosen_types(const fhir::Definitions& definitions, std::vector<std::string> all, Parameters& parameters) {
    std::vector<std::string> out;
    bool asked = false;
    for (const auto& [name, value] : parameters) {
        if (name != "_type") continue;
        asked = true;
        for (std::size_t at = 0; at <= value.size();) {
            const std::size_t end = std::min(value.find(',', at), value.size());
            std::string type = value.substr(at, end - at);
            at = end + 1;
            if (!definitions.is_resource(type)) return tl::unexpected(refused(400, IssueCode::value, "_type names resource types of R4", "_type"));
            if (std::ranges::find(all, type) == all.end()) continue;
            if (std::ranges::find(out, type) == out.end()) out.push_back(std::move(type));
        }
    }
    std::erase_if(parameters, [](const auto& one) { return one.first == "_type"; });
    if (!asked) return all;
    if (out.empty()) return tl::unexpected(refused(400, IssueCode::value, "none of the types that _type names can be found here", "_type"));
    return out;
}

}  // namespace

// The clause that keeps a search inside a compartment; nothing when a type is never in it.
Or<Clause> Records::Impl::compartment_clause(const Compartment& in, const std::vector<std::string>& types) const {
    Clause out;
    out.kind = Clause::Kind::compartment;
    out.name = in.type;
    search::Criterion owner;
    owner.form = search::Criterion::Form::exact;
    owner.system = in.type;
    owner.text = in.id;
    out.criteria.push_back(std::move(owner));
    for (const std::string& type : types) {
        const auto names = definitions.compartment(in.type, type);
        if (!names) return tl::unexpected(refused(404, IssueCode::not_supported, "this resource type is never in that compartment"));
        for (const std::string_view name : *names) {
            const search::Parameter* parameter = known.find(type, name);
            if (parameter != nullptr && parameter->type == fhir::SearchType::reference) out.parameters.push_back(parameter);
        }
    }
    return out;
}

Or<search::Query> Records::Impl::parse(std::string_view type, Parameters parameters, const Compartment& in, bool lenient) const {
    std::size_t bytes = 0;
    for (const auto& [name, value] : parameters) bytes += name.size() + value.size();
    if (bytes > options.criteria_bytes_max)
        return tl::unexpected(refused(413, IssueCode::too_costly, "the parameters of the search are too long in all; ask in several searches"));
    std::vector<std::string> types;
    if (!type.empty() && type != "*") {
        if (!definitions.is_resource(type)) return tl::unexpected(no_such_type());
        types.emplace_back(type);
    } else {
        for (const fhir::Type* one : definitions.resources()) {
            if (in.type.empty() || definitions.compartment(in.type, one->name)) types.emplace_back(one->name);
        }
        auto chosen = chosen_types(definitions, std::move(types), parameters);
        if (!chosen) return tl::unexpected(std::move(chosen.error()));
        types = std::move(*chosen);
    }
    std::optional<Clause> inside;
    if (!in.type.empty()) {
        if (!fhir::valid_id(in.id) || types.empty()) return tl::unexpected(refused(404, IssueCode::not_found, "there is no such compartment"));
        auto made = compartment_clause(in, types);
        if (!made) return tl::unexpected(std::move(made.error()));
        inside = std::move(*made);
    }
    search::SearchLimits limits = search_limits;
    limits.lenient = lenient;
    auto query = search::parse_search(known, std::move(types), parameters, limits);
    if (query) {
        if (inside) query->clauses.push_back(std::move(*inside));
        return std::move(*query);
    }
    fhir::Issues issues;
    for (const Error& error : query.error()) issues.push_back(fhir::to_issue(error));
    return tl::unexpected(refused(400, std::move(issues)));
}

Result<std::vector<Match>> Records::Impl::find(const search::Query& query, const store::Snapshot& snapshot,
                                               const Context& context) const {
    return Finder(*this, query, snapshot, context).run();
}

Or<std::vector<std::string>> Records::Impl::find_by_condition(std::string_view type, std::string_view condition,
                                                              const store::Snapshot& snapshot,
                                                              const Context& context) const {
    if (condition.starts_with('?')) condition.remove_prefix(1);
    const auto parameters = http::parameters(condition);
    if (!parameters) return tl::unexpected(refused(parameters.error()));
    if (type.empty()) return tl::unexpected(no_such_type());
    auto query = parse(type, *parameters);
    if (!query) return tl::unexpected(std::move(query.error()));
    if (query->clauses.empty()) {
        return tl::unexpected(refused(400, IssueCode::invalid, "a condition needs at least one search parameter"));
    }
    const auto found = find(*query, snapshot, context);
    if (!found) return tl::unexpected(refused_reading(found.error()));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found->size() && i < 2; ++i) out.push_back((*found)[i].id);
    return out;
}

Outcome Records::Impl::search(std::string_view type, const Parameters& parameters, const Context& context, const Compartment& in) {
    if (parameters.size() == 1 && parameters[0].first == "_page") return page(parameters[0].second, context);
    auto parsed = parse(type, parameters, in, context.lenient);
    if (!parsed) return parsed.error();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    Finder finder(*this, *parsed, **snapshot, context);
    auto matches = parsed->only_count ? finder.run_counted() : finder.run();
    if (!matches) return refused_reading(matches.error());

    auto session = std::make_shared<Session>();
    session->query = std::make_shared<const search::Query>(std::move(*parsed));
    const search::Query& query = *session->query;
    session->owner = context.owner;
    session->path = in.type.empty() ? std::string(type) : in.type + "/" + in.id + "/" + std::string(type);
    session->version = (*snapshot)->version();
    session->count = std::min(query.count.value_or(options.page_entries_default), options.page_entries_max);
    session->matches = std::move(*matches);
    const std::size_t total = session->matches.size();

    Shown shown;
    shown.links.self = self_address(options, session->path, parameters, query);
    shown.told = ignored_issues(query);
    if (query.total != search::Query::Total::none || query.only_count) shown.total = total;
    if (query.only_count) return answer(*this, query, **snapshot, context, std::move(shown));

    auto first = collect_page(*this, **snapshot, *session, 0, {}, *context.effort);
    if (!first) return refused_reading(first.error());
    shown.matches = std::move(first->entries);
    if (first->next < total) {
        for (Match& match : session->matches) {
            match.row = match.order = std::string();
            match.known = nullptr;
        }
        const std::string token = sessions.keep(session);
        if (token.empty()) return refused(413, IssueCode::too_costly, "the search finds too much to be given in pages; narrow it");
        store.hold(*snapshot, options.page_session_time);
        shown.links.next = page_address(options, session->path, token, first->next);
    }
    return answer(*this, query, **snapshot, context, std::move(shown));
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

    const bool hides = std::ranges::any_of(session->query->types, [&](const std::string& type) { return context.may_hide(type); });
    const Visible visible = hides ? context.visible : Visible();
    auto found = collect_page(*this, **snapshot, *session, offset, visible, *context.effort);
    if (!found) return refused_reading(found.error());
    const auto more = anything_after(*this, **snapshot, *session, found->next, visible, *context.effort);
    if (!more) return refused_reading(more.error());
    Shown shown;
    shown.links.self = page_address(options, session->path, name, offset);
    if (*more) shown.links.next = page_address(options, session->path, name, found->next);
    shown.matches = std::move(found->entries);
    return answer(*this, *session->query, **snapshot, context, std::move(shown));
}

}  // namespace idun::records
