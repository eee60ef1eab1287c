// Read and vread.
#include <charconv>

#include "fhir/resource_id.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

constexpr std::size_t kBodiesAtOnce = 8;  // large ones, where not all may be wanted

Result<std::optional<Locator>> locator_of(const store::Snapshot& snapshot, std::string_view type, std::string_view id) {
    TRY_ASSIGN(const auto found, snapshot.get(locator_key(type, id)));
    if (!found) return std::nullopt;
    return decode_locator(*found);
}

Result<Current> located(const store::Snapshot& snapshot, const Locator& locator, std::string_view type, std::string_view id) {
    TRY_ASSIGN(auto value, snapshot.get(resource_key(locator.partition, type, id)));
    if (!value) return fail(Category::corrupt, "a located resource is missing");
    return Current{{locator.partition, std::string(type), std::string(id)}, std::move(*value)};
}

}  // namespace

bool is_visible(const Context& context, const Touched& touched) { return !context.visible || context.visible(touched); }

void mark(Outcome& outcome, Way way) {
    for (Touched& touched : outcome.touched)
        if (touched.way == Way::as_asked) touched.way = way;
}

Outcome shown(Touched touched, std::shared_ptr<const std::string> body, store::Version seen) {
    Outcome out;
    out.version = touched.version;
    out.last_modified = touched.last_updated;
    out.body = std::move(body);
    out.touched.push_back(std::move(touched));
    out.seen = seen;
    return out;
}

Outcome deleted(Touched touched, store::Version seen) {
    Outcome out = refused(410, fhir::IssueCode::deleted, "this resource has been deleted");
    out.version = touched.version;
    out.last_modified = touched.last_updated;
    out.touched.push_back(std::move(touched));
    out.seen = seen;
    return out;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

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
                                                               std::span<const Place> places, bool bodies,
                                                               std::size_t bytes_max, const Visible& visible) const {
    std::vector<std::string> keys;
    keys.reserve(places.size());
    for (const Place& place : places) keys.push_back(resource_key(place.partition, place.type, place.id));
    TRY_ASSIGN(const auto values, snapshot.multi_get(keys));

    std::vector<std::optional<Loaded>> out(places.size());
    std::vector<RowView> rows(places.size());
    std::vector<bool> shown(places.size(), false);
    std::vector<std::size_t> elsewhere;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!values[i]) continue;
        TRY_ASSIGN(rows[i], RowView::parse(*values[i]));
        out[i].emplace(Loaded{rows[i].touched(places[i].type, places[i].id), nullptr});
        shown[i] = !rows[i].deleted() && (!visible || visible(out[i]->touched));
        if (rows[i].body_elsewhere() && shown[i]) elsewhere.push_back(i);
    }
    if (!bodies) return out;

    // Large ones are fetched some at a time: of a page that is full the rest is not wanted.
    std::vector<std::optional<std::string>> sections;
    std::size_t fetched = 0;  // of `elsewhere`
    std::size_t used = 0;     // of `elsewhere`
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!shown[i]) continue;
        std::string_view section = rows[i].body();
        if (rows[i].body_elsewhere()) {
            if (used == fetched) {
                std::vector<std::string> body_keys;
                const std::size_t group = bytes_max == std::string::npos ? elsewhere.size() : kBodiesAtOnce;
                for (; fetched < elsewhere.size() && body_keys.size() < group; ++fetched) {
                    const Place& place = places[elsewhere[fetched]];
                    body_keys.push_back(body_key(place.partition, place.type, place.id));
                }
                TRY_ASSIGN(sections, snapshot.multi_get(body_keys));
            }
            const auto& found = sections[sections.size() - (fetched - used)];
            ++used;
            if (!found) return fail(Category::corrupt, "a stored body is missing");
            section = *found;
        }
        TRY_ASSIGN(std::string text, body_text(section, places[i].id, rows[i].version(), rows[i].last_updated()));
        if (bytes > 0 && bytes + text.size() > bytes_max) {
            out.resize(i);
            return out;
        }
        bytes += text.size();
        out[i]->body = std::make_shared<const std::string>(std::move(text));
    }
    return out;
}

Result<std::optional<Current>> current_row(const store::Snapshot& snapshot, std::string_view type, std::string_view id) {
    TRY_ASSIGN(const auto locator, locator_of(snapshot, type, id));
    if (!locator) return std::nullopt;
    return located(snapshot, *locator, type, id);
}

Outcome Records::Impl::read(std::string_view type, std::string_view id, const Context& context) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id)) return not_found();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    const auto locator = locator_of(**snapshot, type, id);
    if (!locator) return refused(locator.error());
    if (!*locator) return not_found();
    if (const auto at_hand = cache.find(type_number(type), id, (*locator)->version)) {
        if (context.visible && !context.visible(at_hand->touched)) return not_found();
        return shown(at_hand->touched, at_hand->body, (*snapshot)->version());
    }
    const auto found = located(**snapshot, **locator, type, id);
    if (!found) return refused(found.error());
    const auto row = RowView::parse(found->value);
    if (!row) return refused(row.error());
    if (context.visible && !context.visible(row->touched(type, id))) return not_found();
    return answer_of(**snapshot, *row, found->place);
}

Outcome Records::Impl::answer_of(const store::Snapshot& snapshot, const RowView& row, const Place& place) const {
    Touched touched = row.touched(place.type, place.id);
    if (row.deleted()) return deleted(std::move(touched), snapshot.version());
    auto text = body_of(snapshot, row, place);
    if (!text) return refused(text.error());
    const auto body = std::make_shared<const std::string>(std::move(*text));
    cache.keep(type_number(place.type), std::make_shared<const CachedResource>(CachedResource{touched, body}));
    return shown(std::move(touched), body, snapshot.version());
}

Outcome Records::Impl::vread(std::string_view type, std::string_view id, std::uint64_t version,
                             const Context& context) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id) || version == 0) return not_found();
    const auto snapshot = snapshot_of(context);
    if (!snapshot) return snapshot.error();
    const auto current = current_row(**snapshot, type, id);
    if (!current) return refused(current.error());
    if (!*current) return not_found();
    const auto newest = RowView::parse((*current)->value);
    if (!newest) return refused(newest.error());
    if (context.visible && !context.visible(newest->touched(type, id))) return not_found();
    if (newest->version() == version) return answer_of(**snapshot, *newest, (*current)->place);
    const auto old = (*snapshot)->get(history_key(type, id, version));
    if (!old) return refused(old.error());
    if (!*old) return not_found();
    const auto row = RowView::parse(**old);
    if (!row) return refused(row.error());
    return answer_of(**snapshot, *row, (*current)->place);
}

Result<std::optional<Touched>> Records::touched(std::string_view type, std::string_view id, std::uint64_t version) const {
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    TRY_ASSIGN(auto value, snapshot->get(history_key(type, id, version)));
    if (!value) {
        TRY_ASSIGN(auto newest, current_row(*snapshot, type, id));
        if (!newest) return std::nullopt;
        value = std::move(newest->value);
    }
    TRY_ASSIGN(const RowView row, RowView::parse(*value));
    if (row.version() != version) return std::nullopt;
    return row.touched(type, id);
}

}  // namespace idun::records
