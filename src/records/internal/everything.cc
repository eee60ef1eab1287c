// Patient/[id]/$everything: stored bytes of one partition, and of what they refer to.
#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "fhir/outcome.h"
#include "fhir/reference.h"
#include "fhir/resource_id.h"
#include "http/message.h"
#include "json/writer.h"
#include "records/internal/impl.h"
#include "search/date.h"

namespace idun::records {
namespace {

using fhir::IssueCode;

constexpr std::size_t kChunk = 1000;
constexpr std::size_t kFetch = 500;
// Types that may name several people; they lie with the first of them.
constexpr std::array<std::string_view, 4> kOfSeveral = {"Account", "Appointment", "AuditEvent", "Provenance"};

struct EverythingQuery {
    std::optional<std::int64_t> start;  // care at or after
    std::optional<std::int64_t> end;    // care before
    std::optional<Instant> since;
    std::set<std::string, std::less<>> types;
    std::optional<std::size_t> count;
    // Of our own next links: the version to read, and the resource to go on after.
    std::optional<store::Version> version;
    std::string after_type;
    std::string after_id;
    std::string asked;  // for links

    bool has_type(std::string_view type) const { return types.empty() || types.contains(type); }
    bool selects(const RowView& row) const {
        if (since && row.last_updated() < *since) return false;
        if (!row.date()) return true;
        return (!start || row.date()->second.ms > *start) && (!end || row.date()->first.ms < *end);
    }
};

// "7.Observation.o1"
bool read_after(std::string_view text, EverythingQuery& out) {
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos) return false;
    const auto version = whole_number(text.substr(0, first));
    if (!version || !fhir::valid_id(text.substr(second + 1))) return false;
    out.version = store::Version{*version};
    out.after_type = text.substr(first + 1, second - first - 1);
    out.after_id = text.substr(second + 1);
    return true;
}

Or<EverythingQuery> everything_query(const Parameters& parameters, const fhir::Definitions& definitions) {
    EverythingQuery out;
    const auto wrong = [](std::string text, const std::string& name) {
        return tl::unexpected(refused(400, IssueCode::value, std::move(text), name));
    };
    std::set<std::string_view> seen;
    for (const auto& [name, value] : parameters) {
        if (name != "_type" && !seen.insert(name).second) return wrong("a parameter is given twice", name);
        if (name == "start" || name == "end") {
            const auto date = search::interval_of(value);
            if (!date) return wrong(name + " is a date", name);
            (name == "start" ? out.start : out.end) = name == "start" ? date->from : date->to;
        } else if (name == "_since") {
            const auto time = search::interval_of(value);
            if (!time) return wrong("_since is an instant", name);
            out.since = Instant{time->from};
        } else if (name == "_count") {
            const auto count = whole_number(value);
            if (!count || *count == 0) return wrong("_count is a number from 1", name);
            out.count = *count;
        } else if (name == "_type") {
            for (std::size_t at = 0; at <= value.size();) {
                const std::size_t comma = std::min(value.find(',', at), value.size());
                const std::string type = value.substr(at, comma - at);
                if (!definitions.is_resource(type)) return wrong("_type names resource types of R4, separated by commas", name);
                out.types.insert(type);
                at = comma + 1;
            }
        } else if (name == "_after") {
            if (!read_after(value, out)) return wrong("_after comes from the next link of a page", name);
            continue;
        } else {
            return tl::unexpected(refused(400, IssueCode::not_supported, "$everything takes start, end, _since, _type and _count only"));
        }
        out.asked += "&" + name + "=" + http::percent_encoded(value);
    }
    return out;
}

std::string packed(std::string_view id) {
    std::string out;
    append_packed(out, id);
    return out;
}

class Everything {
public:
    Everything(const Records::Impl& records, const store::Snapshot& snapshot, std::string_view patient,
               const EverythingQuery& query, const Context& context)
        : records_(records), snapshot_(snapshot), patient_(patient), query_(query), context_(context),
          partition_(person_partition(patient)),
          packed_(packed(patient)),
          count_max_(std::min(query.count.value_or(records.options.everything_entries_max), records.options.everything_entries_max)),
          bytes_max_(std::min(records.options.everything_bytes_max, context.effort->bytes_left())) {
        entries_.array();
    }

    Status collect(const Current& patient) {
        if (query_.after_type.empty() && query_.has_type("Patient")) {
            TRY_ASSIGN(const RowView row, RowView::parse(patient.value));
            TRY(take("Patient", patient_, row));
        }
        if (query_.types.empty()) {
            TRY(scan(""));
        } else {
            for (const std::string& type : query_.types) {
                if (type != "Patient" && (!resumes() || type >= query_.after_type) && !more_) TRY(scan(type));
            }
        }
        if (!more_) TRY(add_of_several());
        return add_referred();
    }

    Outcome answer() {
        if (cut_ || too_many_referred_) tell_cut();
        entries_.end();
        const std::string self = fmt::format("{}/Patient/{}/$everything", records_.options.base_url, patient_);
        json::Writer w;
        w.object().member("resourceType", "Bundle").member("type", "searchset").name("link").array();
        w.object().member("relation", "self").member("url", query_.asked.empty() ? self : self + "?" + query_.asked.substr(1)).end();
        if (more_) {
            w.object().member("relation", "next");
            w.member("url", fmt::format("{}?_after={}.{}.{}{}", self, snapshot_.version().number, last_type_, last_id_, query_.asked)).end();
        }
        w.end();
        if (!touched_.empty()) w.name("entry").raw(entries_.take());
        w.end();
        Outcome out;
        out.seen = snapshot_.version();
        out.body = std::make_shared<const std::string>(w.take());
        out.touched = std::move(touched_);
        return out;
    }

    bool more() const { return more_; }

private:
    void tell_cut() {
        const fhir::Issues issues = {{fhir::Severity::warning, fhir::IssueCode::incomplete,
                                      "not all that the record refers to is here: ask for it by its references", {}}};
        entries_.object().name("resource").raw(fhir::operation_outcome(issues));
        entries_.name("search").object().member("mode", "outcome").end().end();
    }

    // Somewhere in the order of keys; the Patient, which comes first of all, is not there in its turn.
    bool resumes() const { return !query_.after_type.empty() && query_.after_type != "Patient"; }

    bool full() const { return touched_.size() >= count_max_ || entries_.size() >= bytes_max_; }

    // The rows of that type in the person's partition, of all types for "".
    Status scan(std::string_view type) {
        store::Range range = resource_range(partition_, type);
        if (resumes() && (type.empty() || type == query_.after_type)) {
            range = store::rest_of(range, resource_key(partition_, query_.after_type, query_.after_id));
        }
        while (true) {
            TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range, {.entries_max = std::min(kChunk, count_max_ + 1)}));
            for (const store::Entry& entry : chunk.entries) {
                TRY(context_.effort->look());
                TRY_ASSIGN(const TypeAndId name, type_and_id(entry.key));
                TRY_ASSIGN(const RowView row, RowView::parse(entry.value));
                if (row.deleted() || !row.is_about(packed_) || name.type == "Patient") continue;
                TRY(take(name.type, name.id, row));
                if (more_) return {};
            }
            if (!chunk.more) return {};
            range = store::rest_of(range, chunk.entries.back().key);
        }
    }

    // One of the patient's own.
    Status take(std::string_view type, std::string_view id, const RowView& row) {
        if (!query_.selects(row)) return {};
        Touched touched = row.touched(type, id);
        if (!is_visible(context_, touched)) return {};
        if (full()) {
            more_ = true;
            return {};
        }
        last_type_ = type;
        last_id_ = id;
        return add(std::move(touched), row, {partition_, std::string(type), std::string(id)}, "match");
    }

    Status add(Touched touched, const RowView& row, const Place& place, std::string_view mode) {
        TRY_ASSIGN(const std::string body, records_.body_of(snapshot_, row, place));
        context_.effort->show(body.size());
        entries_.object().member("fullUrl", fmt::format("{}/{}/{}", records_.options.base_url, touched.type, touched.id));
        entries_.name("resource").raw(body);
        entries_.name("search").object().member("mode", mode).end().end();
        given_.insert(touched.type + "/" + touched.id);
        touched_.push_back(std::move(touched));
        if (mode == "match") note_references(body);
        return {};
    }

    // Stored text is minified, so every reference looks like this, and quoted text cannot.
    void note_references(std::string_view body) {
        note_references(body, "\"reference\":\"");
        if (query_.has_type("Binary")) note_references(body, "\"url\":\"");
    }
    void note_references(std::string_view body, std::string_view start) {
        for (std::size_t at = body.find(start); at != std::string_view::npos; at = body.find(start, at)) {
            at += start.size();
            const std::size_t end = body.find('"', at);
            if (end == std::string_view::npos) return;
            note_reference(body.substr(at, end - at));
            at = end;
        }
    }

    void note_reference(std::string_view text) {
        const auto parsed = fhir::parse_reference(text);
        if (!parsed || parsed->id.empty() || parsed->type.empty() || parsed->type == "Patient") return;
        const bool here = parsed->kind == fhir::ReferenceKind::relative ||
                          (parsed->kind == fhir::ReferenceKind::absolute && parsed->base == records_.options.base_url);
        if (!here || !query_.has_type(parsed->type)) return;
        std::string name = std::string(parsed->type).append("/").append(parsed->id);
        if (referred_.size() < records_.options.everything_entries_max) referred_.insert(std::move(name));
        else if (!referred_.contains(name)) too_many_referred_ = true;
    }

    // Appointments and the like, that lie with another person.
    Status add_of_several() {
        for (const std::string_view type : kOfSeveral) {
            if (!query_.has_type(type)) continue;
            const auto query = records_.parse(type, {{"patient", "Patient/" + std::string(patient_)}});
            if (!query) continue;
            TRY_ASSIGN(const auto matches, records_.find(*query, snapshot_, context_));
            std::vector<Place> places;
            for (const Match& match : matches) places.push_back({match.partition, std::string(type), match.id});
            TRY(add_all(places, "match", [&](const RowView& row) { return !row.is_about(packed_); }));
        }
        return {};
    }

    // What the entries refer to, unless it is of this person (and so an entry of some page) or of another one.
    Status add_referred() {
        std::vector<std::string> keys;
        std::vector<Place> places;
        std::vector<std::string> names(referred_.begin(), referred_.end());
        std::ranges::sort(names);
        for (const std::string& name : names) {
            if (given_.contains(name)) continue;
            const std::size_t slash = name.find('/');
            places.push_back({0, name.substr(0, slash), name.substr(slash + 1)});
            keys.push_back(locator_key(places.back().type, places.back().id));
        }
        if (keys.empty()) return {};
        TRY_ASSIGN(const auto locators, snapshot_.multi_get(keys));
        std::vector<Place> there;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!locators[i]) continue;
            TRY_ASSIGN(const Locator locator, decode_locator(*locators[i]));
            places[i].partition = locator.partition;
            if (!locator.deleted) there.push_back(std::move(places[i]));
        }
        return add_all(there, "include", [](const RowView& row) { return row.patient().empty(); });
    }

    // A few rows at a time, until the page's bytes are full. That something is left out then is told (see answer()).
    template <typename Wanted>
    Status add_all(const std::vector<Place>& all, std::string_view mode, const Wanted& wanted) {
        return each(all, wanted, [&](Touched touched, const RowView& row, const Place& place) -> Status {
            if (cut_) return {};
            if (entries_.size() < bytes_max_)
                return add(std::move(touched), row, place, mode);
            cut_ = true;
            return {};
        });
    }

    // Those that are wanted and visible.
    template <typename Wanted, typename Found>
    Status each(std::span<const Place> all, const Wanted& wanted, const Found& found) {
        for (; !all.empty() && !cut_; all = all.subspan(std::min(kFetch, all.size()))) {
            std::vector<std::string> keys;
            const auto places = all.first(std::min(kFetch, all.size()));
            for (const Place& place : places) keys.push_back(resource_key(place.partition, place.type, place.id));
            TRY(context_.effort->look(keys.size()));
            TRY_ASSIGN(const auto values, snapshot_.multi_get(keys));
            for (std::size_t i = 0; i < keys.size(); ++i) {
                if (!values[i]) continue;
                TRY_ASSIGN(const RowView row, RowView::parse(*values[i]));
                if (row.deleted() || !wanted(row) || !query_.selects(row)) continue;
                Touched touched = row.touched(places[i].type, places[i].id);
                if (is_visible(context_, touched)) TRY(found(std::move(touched), row, places[i]));
            }
        }
        return {};
    }

    const Records::Impl& records_;
    const store::Snapshot& snapshot_;
    const std::string_view patient_;
    const EverythingQuery& query_;
    const Context& context_;
    const Partition partition_;
    const std::string packed_;  // the patient's id
    const std::size_t count_max_;
    const std::size_t bytes_max_;
    json::Writer entries_;
    std::vector<Touched> touched_;
    std::unordered_set<std::string> given_;
    std::unordered_set<std::string> referred_;
    std::string last_type_;
    std::string last_id_;
    bool more_ = false;
    bool cut_ = false;  // something that is referred to is left out
    bool too_many_referred_ = false;  // more than one answer follows
};

}  // namespace

Outcome Records::Impl::everything(std::string_view patient, const Parameters& parameters, const Context& context) {
    if (!fhir::valid_id(patient)) return not_found();
    const auto query = everything_query(parameters, definitions);
    if (!query) return query.error();
    SnapshotPtr snapshot;
    if (query->version) {
        auto held = store.snapshot_at(*query->version);
        if (!held) return refused(410, IssueCode::expired, "this page is no longer there: ask again from the start");
        snapshot = std::move(*held);
    } else {
        auto newest = snapshot_of(context);
        if (!newest) return newest.error();
        snapshot = std::move(*newest);
    }
    const auto found = current_row(*snapshot, "Patient", patient);
    if (!found) return refused(found.error());
    if (!*found) return not_found();
    const auto row = RowView::parse((*found)->value);
    if (!row) return refused(row.error());
    Touched touched = row->touched("Patient", patient);
    if (!is_visible(context, touched)) return not_found();
    if (row->deleted()) return deleted(std::move(touched), snapshot->version());
    Everything everything(*this, *snapshot, patient, *query, context);
    if (const Status done = everything.collect(**found); !done) return refused_reading(done.error());
    if (everything.more()) store.hold(snapshot, options.page_session_time);
    return everything.answer();
}

}  // namespace idun::records
