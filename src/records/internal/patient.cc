// Everything about one patient, and who is behind a pseudonym.
#include <algorithm>
#include <map>
#include <set>

#include "fhir/resource_id.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

constexpr std::size_t kChunk = 1000;

bool selects(const Selection& selection, std::string_view type, const RowView& row) {
    const bool type_fits = selection.types.empty() || std::ranges::find(selection.types, type) != selection.types.end();
    const bool category_fits = selection.categories.empty() ||
                               std::ranges::find(selection.categories, row.category()) != selection.categories.end();
    return type_fits && category_fits && (!selection.since || row.last_updated() >= *selection.since);
}

// Calls `found` for every current row of the patient, in key order; false from it stops, and so does `stopped`.
Status each_row(const store::Snapshot& snapshot, std::string_view patient, const std::string& first_type, const std::function<bool()>& stopped,
                const std::function<Result<bool>(const TypeAndId&, const RowView&)>& found) {
    store::Range range = resource_range(person_partition(patient), first_type);
    std::string packed;
    append_packed(packed, patient);
    while (true) {
        if (stopped && stopped()) return fail(Category::busy, "the scan was stopped");
        TRY_ASSIGN(const store::Chunk chunk, snapshot.scan(range, {.entries_max = kChunk}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const TypeAndId name, type_and_id(entry.key));
            TRY_ASSIGN(const RowView row, RowView::parse(entry.value));
            if (row.deleted() || !row.is_about(packed)) continue;
            TRY_ASSIGN(const bool go_on, found(name, row));
            if (!go_on) return {};
        }
        if (!chunk.more) return {};
        range = store::rest_of(range, chunk.entries.back().key);
    }
}

}  // namespace

Status Records::scan_patient(const store::Snapshot& snapshot, std::string_view patient, const Selection& selection,
                             const Visible& visible, const std::function<bool(std::vector<Row>)>& chunk) const {
    const Partition partition = person_partition(patient);
    std::vector<Row> rows;
    bool stopped = false;
    const auto take = [&](const TypeAndId& name, const RowView& row) -> Result<bool> {
        if (!selects(selection, name.type, row)) return true;
        Touched touched = row.touched(name.type, name.id);
        if (visible && !visible(touched)) return true;
        std::shared_ptr<const std::string> body;
        if (selection.bodies) {
            TRY_ASSIGN(std::string text,
                       impl_->body_of(snapshot, row, {partition, std::string(name.type), name.id}));
            body = std::make_shared<const std::string>(std::move(text));
        }
        rows.push_back({std::move(touched), std::move(body)});
        if (rows.size() < kChunk) return true;
        stopped = !chunk(std::exchange(rows, {}));
        return !stopped;
    };
    // The Patient first; then the types asked for, each a range of its own, or all in one go.
    TRY(each_row(snapshot, patient, "Patient", selection.stopped, take));
    if (selection.types.empty() && !stopped) {
        TRY(each_row(snapshot, patient, "", selection.stopped, [&](const TypeAndId& name, const RowView& row) -> Result<bool> {
            if (name.type == "Patient") return true;
            return take(name, row);
        }));
    }
    const std::set<std::string> types(selection.types.begin(), selection.types.end());
    for (const std::string& type : types) {
        if (type != "Patient" && !stopped) TRY(each_row(snapshot, patient, type, selection.stopped, take));
    }
    if (!stopped && !rows.empty()) chunk(std::move(rows));
    return {};
}

Result<std::vector<std::string>> Records::patients_of(std::string_view pseudonym,
                                                      const store::Snapshot& snapshot) const {
    std::vector<std::string> out;
    if (pseudonym.empty() || pseudonym.size() > 255) return out;
    store::Range range = pseudonym_range(impl_->hash, pseudonym);
    const std::size_t head = range.from.size();
    while (true) {
        TRY_ASSIGN(const store::Chunk chunk, snapshot.scan(range));
        for (const store::Entry& entry : chunk.entries) out.push_back(entry.key.substr(head));
        if (!chunk.more) return out;
        range = store::rest_of(range, chunk.entries.back().key);
    }
}

namespace {

Result<std::vector<std::string>> pseudonyms_in_row(std::string_view patient, const store::Snapshot& snapshot, bool deleted_too) {
    if (!fhir::valid_id(patient)) return std::vector<std::string>();
    TRY_ASSIGN(const auto value, snapshot.get(resource_key(person_partition(patient), "Patient", patient)));
    if (!value) return std::vector<std::string>();
    TRY_ASSIGN(const RowView row, RowView::parse(*value));
    if (row.deleted() && !deleted_too) return std::vector<std::string>();
    return row.pseudonyms();
}

}  // namespace

Result<std::vector<std::string>> Records::pseudonyms_of(std::string_view patient,
                                                        const store::Snapshot& snapshot) const {
    return pseudonyms_in_row(patient, snapshot, false);
}

Result<std::vector<std::string>> Records::persons_behind(std::string_view patient,
                                                         const store::Snapshot& snapshot) const {
    if (!fhir::valid_id(patient)) return std::vector<std::string>();
    if (auto known = impl_->persons.find(patient, snapshot.version())) return std::move(*known);
    TRY_ASSIGN(auto pseudonyms, pseudonyms_in_row(patient, snapshot, true));
    impl_->persons.keep(patient, snapshot.version(), pseudonyms);
    return pseudonyms;
}

Result<std::vector<CategorySummary>> Records::categories_of(std::string_view patient,
                                                            const store::Snapshot& snapshot) const {
    std::map<fhir::PriorityCategory, CategorySummary> found;
    TRY(each_row(snapshot, patient, "", {}, [&](const TypeAndId& name, const RowView& row) -> Result<bool> {
        if (name.type == "Patient") return true;
        CategorySummary& summary = found[row.category()];
        summary.category = row.category();
        summary.newest = std::max(summary.newest, row.last_updated());
        ++summary.count;
        return true;
    }));
    std::vector<CategorySummary> out;
    for (const auto& [category, summary] : found) out.push_back(summary);
    return out;
}

}  // namespace idun::records
