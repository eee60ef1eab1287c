// Read, vread and history of one resource.
#include <charconv>
#include <limits>

#include "fhir/resource_id.h"
#include "http/message.h"
#include "json/writer.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

using fhir::IssueCode;

Outcome not_found() { return refused(404, IssueCode::not_found, "there is no such resource"); }

bool is_visible(const Context& context, const Touched& touched) { return !context.visible || context.visible(touched); }

Outcome shown(Touched touched, std::string body, store::Version seen) {
    Outcome out;
    out.version = touched.version;
    out.last_modified = touched.last_updated;
    out.body = std::make_shared<const std::string>(std::move(body));
    out.touched.push_back(std::move(touched));
    out.seen = seen;
    return out;
}

Outcome deleted(Touched touched, store::Version seen) {
    Outcome out = refused(410, IssueCode::deleted, "this resource has been deleted");
    out.version = touched.version;
    out.last_modified = touched.last_updated;
    out.touched.push_back(std::move(touched));
    out.seen = seen;
    return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// What a history may be asked: how many, since when, and (from our own next links) before which version.
struct HistoryQuery {
    std::size_t count = 0;
    std::optional<Instant> since;
    std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
};

Or<HistoryQuery> history_query(const Parameters& parameters, const Options& options) {
    HistoryQuery out;
    out.count = options.page_entries_default;
    for (const auto& [name, value] : parameters) {
        if (name == "_count") {
            const auto count = number(value);
            if (!count || *count == 0) return tl::unexpected(refused(400, IssueCode::value, "_count is a number from 1", name));
            out.count = std::min<std::size_t>(*count, options.page_entries_max);
        } else if (name == "_since") {
            const auto since = search::interval_of(value);
            if (!since) return tl::unexpected(refused(400, IssueCode::value, "_since is an instant", name));
            out.since = Instant{since->from};
        } else if (name == "_before") {
            const auto before = number(value);
            if (!before || *before == 0) return tl::unexpected(refused(400, IssueCode::value, "_before is a version", name));
            out.before = *before;
        } else {
            return tl::unexpected(refused(400, IssueCode::not_supported, "history takes _count and _since only"));
        }
    }
    return out;
}

}  // namespace

Or<SnapshotPtr> Records::Impl::snapshot_of(const Context& context) const {
    if (context.snapshot != nullptr) return context.snapshot;
    auto made = store.snapshot();
    if (!made) return tl::unexpected(refused(made.error()));
    return std::move(*made);
}

Result<std::string> Records::Impl::body_of(const store::Snapshot& snapshot, const RowView& row,
                                           const Place& place) const {
    if (!row.body_elsewhere()) return body_text(row.body(), place.id, row.version(), row.last_updated());
    TRY_ASSIGN(const auto section, snapshot.get(body_key(place.partition, place.type, place.id)));
    if (!section) return fail(Category::corrupt, "a stored body is missing");
    return body_text(*section, place.id, row.version(), row.last_updated());
}

Result<std::vector<std::optional<Loaded>>> Records::Impl::load(const store::Snapshot& snapshot,
                                                               std::span<const Place> places, bool bodies) const {
    std::vector<std::string> keys;
    keys.reserve(places.size());
    for (const Place& place : places) keys.push_back(resource_key(place.partition, place.type, place.id));
    TRY_ASSIGN(const auto values, snapshot.multi_get(keys));

    std::vector<std::optional<Loaded>> out(places.size());
    std::vector<std::size_t> elsewhere;
    std::vector<std::string> body_keys;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!values[i]) continue;
        TRY_ASSIGN(const RowView row, RowView::parse(*values[i]));
        out[i].emplace(Loaded{row.touched(places[i].type, places[i].id), nullptr});
        if (!bodies || row.deleted()) continue;
        if (row.body_elsewhere()) {
            elsewhere.push_back(i);
            body_keys.push_back(body_key(places[i].partition, places[i].type, places[i].id));
            continue;
        }
        TRY_ASSIGN(std::string text, body_text(row.body(), places[i].id, row.version(), row.last_updated()));
        out[i]->body = std::make_shared<const std::string>(std::move(text));
    }
    if (elsewhere.empty()) return out;
    TRY_ASSIGN(const auto sections, snapshot.multi_get(body_keys));
    for (std::size_t i = 0; i < elsewhere.size(); ++i) {
        if (!sections[i]) return fail(Category::corrupt, "a stored body is missing");
        const Touched& touched = out[elsewhere[i]]->touched;
        TRY_ASSIGN(std::string text, body_text(*sections[i], touched.id, touched.version, touched.last_updated));
        out[elsewhere[i]]->body = std::make_shared<const std::string>(std::move(text));
    }
    return out;
}

namespace {

// The current row of a resource, if there is one.
struct Current {
    Place place;
    std::string value;
};
Result<std::optional<Current>> current(const store::Snapshot& snapshot, std::string_view type, std::string_view id) {
    TRY_ASSIGN(const auto found, snapshot.get(locator_key(type, id)));
    if (!found) return std::nullopt;
    TRY_ASSIGN(const Locator locator, decode_locator(*found));
    TRY_ASSIGN(auto value, snapshot.get(resource_key(locator.partition, type, id)));
    if (!value) return fail(Category::corrupt, "a located resource is missing");
    return Current{{locator.partition, std::string(type), std::string(id)}, std::move(*value)};
}

}  // namespace

Outcome Records::Impl::read(std::string_view type, std::string_view id, const Context& context) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id)) return not_found();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    const auto found = current(**snapshot, type, id);
    if (!found) return refused(found.error());
    if (!*found) return not_found();
    const auto row = RowView::parse((*found)->value);
    if (!row) return refused(row.error());
    Touched touched = row->touched(type, id);
    if (!is_visible(context, touched)) return not_found();
    if (row->deleted()) return deleted(std::move(touched), (*snapshot)->version());
    auto body = body_of(**snapshot, *row, (*found)->place);
    if (!body) return refused(body.error());
    return shown(std::move(touched), std::move(*body), (*snapshot)->version());
}

Outcome Records::Impl::vread(std::string_view type, std::string_view id, std::uint64_t version,
                             const Context& context) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id) || version == 0) return not_found();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    const auto old = (*snapshot)->get(history_key(type, id, version));
    if (!old) return refused(old.error());
    if (!*old) {
        Outcome newest = read(type, id, {*snapshot, context.visible, context.owner});
        return newest.version == version ? newest : not_found();
    }
    const auto row = RowView::parse(**old);
    if (!row) return refused(row.error());
    Touched touched = row->touched(type, id);
    if (!is_visible(context, touched)) return not_found();
    if (row->deleted()) return deleted(std::move(touched), (*snapshot)->version());
    auto body = body_text(row->body(), id, row->version(), row->last_updated());
    if (!body) return refused(body.error());
    return shown(std::move(touched), std::move(*body), (*snapshot)->version());
}

namespace {

void history_entry(json::Writer& w, const std::string& base, const Touched& touched, const std::string* body) {
    const std::string name = touched.type + "/" + touched.id;
    w.object().member("fullUrl", base + "/" + name);
    if (body != nullptr) w.name("resource").raw(*body);
    w.name("request").object().member("method", touched.deleted ? "DELETE" : "PUT").member("url", name).end();
    w.name("response").object().member("status", touched.deleted ? "204" : touched.version == 1 ? "201" : "200");
    w.member("etag", etag(touched.version)).member("lastModified", to_iso(touched.last_updated));
    w.end().end();
}

}  // namespace

Outcome Records::Impl::history(std::string_view type, std::string_view id, const Parameters& parameters,
                               const Context& context) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id)) return not_found();
    const auto query = history_query(parameters, options);
    if (!query) return query.error();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    const auto newest = current(**snapshot, type, id);
    if (!newest) return refused(newest.error());
    if (!*newest) return not_found();

    Outcome out;
    out.seen = (*snapshot)->version();
    json::Writer entries;
    std::uint64_t last = 0;  // the oldest version looked at
    bool more = false;
    bool done = false;
    // Adds one version; false when reading should end.
    const auto add = [&](const std::string& value, const Place& place) -> Result<bool> {
        TRY_ASSIGN(const RowView row, RowView::parse(value));
        if (row.version() >= query->before) return true;
        if (query->since && row.last_updated() < *query->since) return false;
        if (out.touched.size() == query->count) {
            more = true;
            return false;
        }
        last = row.version();
        Touched touched = row.touched(type, id);
        if (!is_visible(context, touched)) return true;
        std::string body;
        if (!row.deleted()) {
            TRY_ASSIGN(body, body_of(**snapshot, row, place));
        }
        history_entry(entries, options.base_url, touched, row.deleted() ? nullptr : &body);
        out.touched.push_back(std::move(touched));
        return true;
    };
    entries.array();
    const auto first = add((*newest)->value, (*newest)->place);
    if (!first) return refused(first.error());
    done = !*first;
    store::Range range = history_range(type, id, query->before);
    while (!done) {
        const auto chunk = (*snapshot)->scan(range, {.entries_max = query->count + 1});
        if (!chunk) return refused(chunk.error());
        for (const store::Entry& entry : chunk->entries) {
            const auto more_wanted = add(entry.value, (*newest)->place);
            if (!more_wanted) return refused(more_wanted.error());
            if (!*more_wanted) {
                done = true;
                break;
            }
        }
        if (!chunk->more || done) break;
        range = store::rest_of(range, chunk->entries.back().key);
    }
    entries.end();
    if (context.visible && out.touched.empty()) return not_found();

    const std::string self = options.base_url + "/" + std::string(type) + "/" + std::string(id) + "/_history";
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "history").name("link").array();
    w.object().member("relation", "self").member("url", self).end();
    if (more) {
        const std::string since = query->since ? "&_since=" + http::percent_encoded(to_iso(*query->since)) : "";
        w.object().member("relation", "next");
        w.member("url", self + "?_count=" + std::to_string(query->count) + "&_before=" + std::to_string(last) + since).end();
    }
    w.end();
    if (!out.touched.empty()) w.name("entry").raw(entries.take());
    w.end();
    out.body = std::make_shared<const std::string>(w.take());
    return out;
}

}  // namespace idun::records
