// History of a resource, of a type and of everything.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <queue>
#include <tuple>

#include <fmt/format.h>

#include "fhir/resource_id.h"
#include "http/message.h"
#include "json/writer.h"
#include "records/internal/impl.h"
#include "search/date.h"

namespace idun::records {
namespace {

using fhir::IssueCode;

constexpr std::size_t kRowsAtOnce = 64;
constexpr std::size_t kVersionsAtOnce = 16;  // with their bodies

// Where the next page of a history of types goes on: after this version, which the page before has shown or passed. It
// names nothing else, so that what is hidden leaves no trace in it.
struct Cursor {
    std::int64_t time = 0;  // of the commit
    std::string type;
    ChangedVersion version;
};

std::string to_text(const Cursor& cursor) {
    return fmt::format("{}.{}.{}.{}", cursor.time, cursor.type, cursor.version.version, cursor.version.id);
}

std::optional<Cursor> cursor_of(std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t end = i + 1 < parts.size() ? text.find('.') : text.size();
        if (end == std::string_view::npos) return std::nullopt;
        parts[i] = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    const auto time = whole_number(parts[0]);
    const auto version = whole_number(parts[2]);
    if (!time || !version || !fhir::valid_id(parts[3])) return std::nullopt;
    if (*time > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return Cursor{static_cast<std::int64_t>(*time), std::string(parts[1]), {std::string(parts[3]), *version}};
}

struct HistoryQuery {
    std::size_t count = 0;
    std::optional<Instant> since;
    std::optional<search::Interval> at;  // versions that were current at some time in it
    std::string before;                // as our own next links have it
    std::string asked;                 // what the caller asked, for links
};

Or<HistoryQuery> history_query(const Parameters& parameters, const Options& options) {
    HistoryQuery out;
    out.count = options.page_entries_default;
    const auto wrong = [](std::string text, const std::string& name) {
        return tl::unexpected(refused(400, IssueCode::value, std::move(text), name));
    };
    for (const auto& [name, value] : parameters) {
        if (name == "_count") {
            const auto count = whole_number(value);
            if (!count || *count == 0) return wrong("_count is a number from 1", name);
            out.count = std::min<std::size_t>(*count, options.page_entries_max);
        } else if (name == "_since" || name == "_at") {
            const auto time = search::interval_of(value);
            if (!time) return wrong(name == "_since" ? "_since is an instant" : "_at is a date or time", name);
            if (name == "_since") out.since = Instant{time->from};
            else out.at = *time;
            out.asked += "&" + name + "=" + http::percent_encoded(value);
        } else if (name == "_before") {
            out.before = value;
        } else {
            return tl::unexpected(refused(400, IssueCode::not_supported, "a history takes _count, _since and _at only"));
        }
    }
    if (out.since && out.at) return wrong("ask for _since or for _at", "_at");
    return out;
}

// The entries of one page and what follows.
class Page {
public:
    Page(const Options& options, const Context& context, const HistoryQuery& query)
        : options_(options), context_(context), query_(query),
          bytes_max_(std::min(options.history_bytes_max, context.effort->bytes_left())) {
        entries_.array();
    }

    bool full() const { return touched_.size() >= query_.count || entries_.size() > bytes_max_; }
    // One version more; false when the page has looked at as many as it may.
    Result<bool> look() {
        if (looked_at_ >= options_.history_looked_at_max) return false;
        ++looked_at_;
        TRY(context_.effort->look());
        return true;
    }
    // One that is hidden: it costs, and is not counted among what the page looks at.
    Status pass() { return context_.effort->look(); }

    void add(Touched touched, const std::string* body) {
        if (body != nullptr) context_.effort->show(body->size());
        const std::string name = touched.type + "/" + touched.id;
        entries_.object().member("fullUrl", options_.base_url + "/" + name);
        if (body != nullptr) entries_.name("resource").raw(*body);
        entries_.name("request").object().member("method", touched.deleted ? "DELETE" : "PUT").member("url", name).end();
        entries_.name("response").object().member("status", touched.deleted ? "204" : touched.version == 1 ? "201" : "200");
        entries_.member("etag", etag(touched.version)).member("lastModified", to_iso(touched.last_updated)).end().end();
        touched_.push_back(std::move(touched));
    }

    // `next`: where the following page starts; "" for the last one.
    Outcome answer(std::string_view path, const std::string& next, store::Version seen) {
        entries_.end();
        Outcome out;
        out.seen = seen;
        const std::string base = fmt::format("{}{}{}/_history", options_.base_url, path.empty() ? "" : "/", path);
        const std::string asked = query_.asked.empty() ? "" : "?" + query_.asked.substr(1);
        json::Writer w;
        w.object().member("resourceType", "Bundle").member("type", "history").name("link").array();
        w.object().member("relation", "self").member("url", base + asked).end();
        if (!next.empty()) {
            w.object().member("relation", "next");
            w.member("url", fmt::format("{}?_count={}&_before={}{}", base, query_.count, next, query_.asked)).end();
        }
        w.end();
        if (!touched_.empty()) w.name("entry").raw(entries_.take());
        w.end();
        out.body = std::make_shared<const std::string>(w.take());
        out.touched = std::move(touched_);
        return out;
    }

private:
    const Options& options_;
    const Context& context_;
    const HistoryQuery& query_;
    const std::size_t bytes_max_;
    json::Writer entries_;
    std::size_t looked_at_ = 0;
    std::vector<Touched> touched_;
};

// Was a version current in that time, when it came at `from` and its successor, if any, at `until`?
bool current_in(const search::Interval& time, Instant from, std::optional<Instant> until) {
    return from.ms < time.to && (!until || until->ms > time.from);
}

// One resource, from its newest version back.
class InstanceHistory {
public:
    InstanceHistory(const Records::Impl& records, const store::Snapshot& snapshot, const HistoryQuery& query, Page& page)
        : records_(records), snapshot_(snapshot), query_(query), page_(page) {}

    // The version to go on before; 0 when there are no more.
    Result<std::uint64_t> run(const Current& newest, std::uint64_t before) {
        TRY_ASSIGN(bool going, add(newest.value, newest.place, before));
        // The version at `before` is read again, since it says when the one before it was superseded.
        const bool last = before == std::numeric_limits<std::uint64_t>::max();
        store::Range range = history_range(newest.place.type, newest.place.id, last ? before : before + 1);
        while (going) {
            TRY_ASSIGN(const auto chunk, snapshot_.scan(range, {.entries_max = query_.count + 2}));
            for (const store::Entry& entry : chunk.entries) {
                TRY_ASSIGN(going, add(entry.value, newest.place, before));
                if (!going) break;
            }
            if (!chunk.more) break;
            range = store::rest_of(range, chunk.entries.back().key);
        }
        return next_;
    }

private:
    // False when reading should end.
    Result<bool> add(const std::string& value, const Place& place, std::uint64_t before) {
        TRY_ASSIGN(const RowView row, RowView::parse(value));
        const std::optional<Instant> until = std::exchange(newer_, row.last_updated());
        if (row.version() >= before) return true;
        if (query_.since && row.last_updated() < *query_.since) return false;
        const bool wanted = !query_.at || current_in(*query_.at, row.last_updated(), until);
        if (!wanted && row.last_updated().ms < query_.at->from) return false;
        TRY_ASSIGN(const bool looking, page_.look());
        if (!looking || (wanted && page_.full())) {
            next_ = last_;
            return false;
        }
        last_ = row.version();
        if (!wanted) return true;
        std::string body;
        if (!row.deleted()) {
            TRY_ASSIGN(body, records_.body_of(snapshot_, row, place));
        }
        page_.add(row.touched(place.type, place.id), row.deleted() ? nullptr : &body);
        return true;
    }

    const Records::Impl& records_;
    const store::Snapshot& snapshot_;
    const HistoryQuery& query_;
    Page& page_;
    std::optional<Instant> newer_;
    std::uint64_t last_ = 0;
    std::uint64_t next_ = 0;
};

// The change rows of one type, newest first, read ahead a little.
class ChangeRows {
public:
    ChangeRows(const store::Snapshot& snapshot, std::string_view type, ChangePlace from)
        : snapshot_(snapshot), type_(type), range_(change_range(type, from)) {}

    const std::string& type() const { return type_; }
    // Reads the row that stands in front; false at the end.
    Result<bool> next() {
        if (at_ == rows_.size()) {
            if (!more_) return false;
            TRY_ASSIGN(auto chunk, snapshot_.scan(range_, {.entries_max = kRowsAtOnce}));
            if (chunk.entries.empty()) return false;
            rows_ = std::move(chunk.entries);
            more_ = chunk.more;
            at_ = 0;
            range_ = store::rest_of(range_, rows_.back().key);
        }
        place_ = change_place(rows_[at_].key);
        TRY_ASSIGN(changed_, decode_changed(rows_[at_].value));
        ++at_;
        return true;
    }
    ChangePlace place() const { return place_; }
    const std::vector<ChangedVersion>& changed() const { return changed_; }

private:
    const store::Snapshot& snapshot_;
    std::string type_;
    store::Range range_;
    std::vector<store::Entry> rows_;
    std::size_t at_ = 0;
    bool more_ = true;
    ChangePlace place_;
    std::vector<ChangedVersion> changed_;
};

// Several types at once: newest first, at one time by type, tie and place in the row.
class TypeHistory {
public:
    TypeHistory(const Records::Impl& records, const store::Snapshot& snapshot, const HistoryQuery& query,
                const Context& context, Page& page)
        : records_(records), snapshot_(snapshot), query_(query), context_(context), page_(page) {}

    // Where the next page goes on; "" at the end.
    Result<std::string> run(const std::vector<std::string>& types, const std::optional<Cursor>& after) {
        std::vector<ChangeRows> sources;
        sources.reserve(types.size());
        for (const std::string& type : types) sources.emplace_back(snapshot_, type, start(type, after));
        const auto later = [&](std::size_t a, std::size_t b) { return order(sources[a]) > order(sources[b]); };
        std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> heads(later);
        for (std::size_t i = 0; i < sources.size(); ++i) {
            TRY_ASSIGN(const bool any, sources[i].next());
            if (any) heads.push(i);
        }
        while (!heads.empty()) {
            const std::size_t first = heads.top();
            heads.pop();
            const ChangeRows& row = sources[first];
            if (query_.since && row.place().time < query_.since->ms) return std::string();
            TRY_ASSIGN(const bool whole, take(row, first_of(row, after)));
            if (!whole) return to_text(last_);
            TRY_ASSIGN(const bool any, sources[first].next());
            if (any) heads.push(first);
        }
        return std::string();
    }

private:
    static std::tuple<std::int64_t, std::string_view, std::uint64_t> order(const ChangeRows& row) {
        return {-row.place().time, row.type(), row.place().tie};
    }

    // The first row of that type that may hold something behind the cursor.
    ChangePlace start(const std::string& type, const std::optional<Cursor>& after) const {
        constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();
        ChangePlace out{kNewest, 0};
        if (after) out = {type >= after->type ? after->time : after->time - 1, 0};
        if (query_.at && query_.at->to - 1 < out.time) out = {query_.at->to - 1, 0};
        return out;
    }

    // The place in the row to start from: of the cursor's time and type all is passed over up to its version.
    std::size_t first_of(const ChangeRows& row, const std::optional<Cursor>& after) {
        if (!after || resumed_ || row.type() != after->type || row.place().time != after->time) return 0;
        const auto at = std::ranges::find(row.changed(), after->version);
        resumed_ = at != row.changed().end();
        return static_cast<std::size_t>(at - row.changed().begin()) + (resumed_ ? 1 : 0);
    }

    // The versions of a row, from `place` on, a few at a time: one commit may have written thousands. False when the page is
    // full and there is more to show.
    Result<bool> take(const ChangeRows& row, std::size_t place) {
        while (place < row.changed().size()) {
            TRY_ASSIGN(const auto versions, load(row, place));
            for (const Version& version : versions) {
                if (version.hidden) {
                    TRY(page_.pass());
                    ++place;
                    continue;
                }
                if (page_.full()) return false;
                TRY_ASSIGN(const bool looking, page_.look());
                if (!looking) return false;
                last_ = {row.place().time, row.type(), row.changed()[place++]};
                if (!version.value.empty()) TRY(add(version));
            }
        }
        return true;
    }

    struct Version {
        Place place;
        std::string value;  // of its row; "" when it is not wanted
        bool hidden = false;
    };

    // The rows of the next versions, of those that were current at the right time, in a few reads.
    Result<std::vector<Version>> load(const ChangeRows& row, std::size_t from) {
        const std::size_t count = std::min(row.changed().size() - from, kVersionsAtOnce);
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < count; ++i) keys.push_back(locator_key(row.type(), row.changed()[from + i].id));
        TRY_ASSIGN(const auto locators, snapshot_.multi_get(keys));
        std::vector<Version> out(count);
        std::vector<std::string> successors;
        std::vector<std::string> newest;
        keys.clear();
        for (std::size_t i = 0; i < count; ++i) {
            const ChangedVersion& changed = row.changed()[from + i];
            if (!locators[i]) return fail(Category::corrupt, "a resource of the history is missing");
            TRY_ASSIGN(const Locator locator, decode_locator(*locators[i]));
            out[i].place = {locator.partition, row.type(), changed.id};
            newest.push_back(resource_key(locator.partition, row.type(), changed.id));
            keys.push_back(locator.version == changed.version ? newest.back()
                                                              : history_key(row.type(), changed.id, changed.version));
            successors.push_back(locator.version <= changed.version + 1
                                     ? newest.back()
                                     : history_key(row.type(), changed.id, changed.version + 1));
        }
        TRY(hide(newest, out));
        std::vector<bool> wanted(count, true);
        if (query_.at && row.place().time < query_.at->from) {
            TRY_ASSIGN(const auto next, snapshot_.multi_get(successors));
            for (std::size_t i = 0; i < count; ++i) {
                if (successors[i] == keys[i] || !next[i]) continue;
                TRY_ASSIGN(const RowView view, RowView::parse(*next[i]));
                wanted[i] = view.last_updated().ms > query_.at->from;
            }
        }
        TRY_ASSIGN(auto values, snapshot_.multi_get(keys));
        for (std::size_t i = 0; i < count; ++i) {
            if (!values[i]) return fail(Category::corrupt, "a version of the history is missing");
            if (wanted[i]) out[i].value = std::move(*values[i]);
        }
        return out;
    }

    // What the newest version says holds for all.
    Status hide(const std::vector<std::string>& newest, std::vector<Version>& versions) const {
        if (!context_.may_hide(versions.empty() ? std::string_view() : versions.front().place.type)) return {};
        TRY_ASSIGN(const auto values, snapshot_.multi_get(newest));
        for (std::size_t i = 0; i < versions.size(); ++i) {
            if (!values[i]) return fail(Category::corrupt, "a located resource is missing");
            TRY_ASSIGN(const RowView row, RowView::parse(*values[i]));
            versions[i].hidden = !context_.visible(row.touched(versions[i].place.type, versions[i].place.id));
        }
        return {};
    }

    Status add(const Version& version) {
        TRY_ASSIGN(const RowView row, RowView::parse(version.value));
        std::string body;
        if (!row.deleted()) {
            TRY_ASSIGN(body, records_.body_of(snapshot_, row, version.place));
        }
        page_.add(row.touched(version.place.type, version.place.id), row.deleted() ? nullptr : &body);
        return {};
    }

    const Records::Impl& records_;
    const store::Snapshot& snapshot_;
    const HistoryQuery& query_;
    const Context& context_;
    Page& page_;
    bool resumed_ = false;  // the cursor is passed
    Cursor last_;
};

Outcome wrong_before() { return refused(400, IssueCode::value, "_before comes from the next link of a page", "_before"); }

}  // namespace

Outcome Records::Impl::history(std::string_view type, std::string_view id, const Parameters& parameters,
                               const Context& context) const {
    if (!type.empty() && !definitions.is_resource(type)) return not_found();
    if (!id.empty() && !fhir::valid_id(id)) return not_found();
    const auto query = history_query(parameters, options);
    if (!query) return query.error();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    Page page(options, context, *query);
    const store::Version seen = (*snapshot)->version();

    if (!id.empty()) {
        const std::optional<std::uint64_t> before =
            query->before.empty() ? std::numeric_limits<std::uint64_t>::max() : whole_number(query->before);
        if (!before || *before == 0) return wrong_before();
        const auto newest = current_row(**snapshot, type, id);
        if (!newest) return refused(newest.error());
        if (!*newest) return not_found();
        const auto row = RowView::parse((*newest)->value);
        if (!row) return refused(row.error());
        if (context.visible && !context.visible(row->touched(type, id))) return not_found();
        const auto next = InstanceHistory(*this, **snapshot, *query, page).run(**newest, *before);
        if (!next) return refused_reading(next.error());
        return page.answer(fmt::format("{}/{}", type, id), *next == 0 ? "" : std::to_string(*next), seen);
    }
    const auto after = query->before.empty() ? std::nullopt : cursor_of(query->before);
    if (!query->before.empty() && !after) return wrong_before();
    std::vector<std::string> types;
    for (const fhir::Type* one : definitions.resources()) {
        if (type.empty() || one->name == type) types.emplace_back(one->name);
    }
    const auto next = TypeHistory(*this, **snapshot, *query, context, page).run(types, after);
    if (!next) return refused_reading(next.error());
    return page.answer(type, *next, seen);
}

}  // namespace idun::records
