// Patients get the pseudonyms that the keys of now make, while the records are read and written:
// docs/decisions/0070-key-rotation.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

#include "records/internal/impl.h"

namespace idun::records {
namespace {

// The names of both, in order.
std::string united(const std::string& names, const std::string& others) {
    std::istringstream words(names + " " + others);
    const std::set<std::string> all{std::istream_iterator<std::string>(words), {}};
    return fmt::format("{}", fmt::join(all, " "));
}

constexpr std::size_t kNamesBytesMax = 255;
constexpr int kOthersLookedAt = 100;  // Patients named by no key of now: identifiers of some may have come to name nobody else

// One Patient as the keys of now name her; false when she is named so already.
Result<bool> put_renamed(const Records::Impl& records, const store::Snapshot& snapshot, const std::string& patient,
                         store::Batch& batch, ChangeNote& note) {
    const Place place{person_partition(patient), "Patient", patient};
    const std::string key = resource_key(place.partition, place.type, place.id);
    TRY_ASSIGN(const auto value, snapshot.get(key));
    if (!value) return false;
    TRY_ASSIGN(const RowView row, RowView::parse(*value));
    if (row.deleted()) return false;  // what it was named by is the log's
    TRY_ASSIGN(const std::string text, records.body_of(snapshot, row, place));
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    TRY_ASSIGN(Extracted made, records.extractor.extract(place.type, place.id, document.root(), {}));
    NotedPerson person{patient, made.header.pseudonyms, true, row.pseudonyms()};
    if (person.pseudonyms == person.before) return false;
    Header& header = made.header;
    header.version = row.version();
    header.last_updated = row.last_updated();
    batch.expect(key, *value);
    batch.put(key, encode_header(header, row.body_elsewhere()).append(row.body()));
    for (const std::string& one : person.before)
        if (!std::ranges::binary_search(person.pseudonyms, one)) batch.erase(pseudonym_key(records.hash, one, patient));
    for (const std::string& one : person.pseudonyms)
        if (!std::ranges::binary_search(person.before, one)) batch.put(pseudonym_key(records.hash, one, patient), "");
    note.persons.push_back(std::move(person));
    return true;
}

}  // namespace

Result<NamedBy> named_by(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto row, snapshot.get(named_by_key()));
    if (!row) return NamedBy();
    return decode_named_by(*row);
}

Status Records::Impl::look_for_renaming() {
    if (options.keys.empty()) return {};
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const NamedBy before, named_by(*snapshot));
    renaming = !before.since.empty() || before.keys != options.keys;
    return {};
}

// Whoever puts the former keys back in the middle must find that some are named otherwise, though the row names the
// keys that it asks for; and by which keys: those of every start since, as each may have named somebody who came.
Status Records::Impl::begin_renaming() {
    if (!renaming || renaming_marked) return {};
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(NamedBy row, named_by(*snapshot));
    if (row.keys.empty()) row.keys = options.keys;
    row.since = united(row.since, options.keys);
    if (row.since.size() > kNamesBytesMax)
        return fail(Category::conflict, "patients were to be named by too many other keys before they were all named by "
                                        "any: put a former ring back into pseudonym_key_file until they are");
    store::Batch batch;
    batch.put(named_by_key(), encode(row));
    TRY(store.commit(std::move(batch)));
    renaming_marked = true;
    return {};
}

Status Records::Impl::rename(std::span<const std::string> patients) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        store::Batch batch;
        batch.read_at(snapshot->version());
        ChangeNote note;
        std::vector<std::string> renamed;
        for (const std::string& patient : patients) {
            TRY_ASSIGN(const bool changed, put_renamed(*this, *snapshot, patient, batch, note));
            if (changed) renamed.push_back(patient);
        }
        if (renamed.empty()) return {};
        batch.note(encode(note));
        persons.begin(renamed);
        const auto committed = store.commit(std::move(batch));
        using enum Persons::Ended;
        if (committed) {
            persons.end(renamed, written, *committed);
            return {};
        }
        const bool overtaken = committed.error().category == Category::conflict;
        persons.end(renamed, overtaken ? not_written : unknown);
        if (!overtaken) return fail(committed.error());
    }
    return fail(Category::busy, "patients are written too often to be renamed now");
}

Result<bool> Records::Impl::rename_some(std::size_t patients_max) {
    if (!renaming) return false;
    TRY(begin_renaming());
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    std::vector<std::string> patients;
    std::string upto;
    for (int bucket = 0; bucket < kLocatorBuckets && patients.size() < patients_max; ++bucket) {
        // Buckets lie in partitions of their own, in no order: what was done is told by bucket and key.
        store::Range range = locator_range("Patient", bucket);
        const std::string lead(1, static_cast<char>(bucket));
        if (lead < renamed_to.substr(0, 1)) continue;
        if (renamed_to.starts_with(lead)) range = store::rest_of(range, renamed_to.substr(1));
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = patients_max - patients.size()}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(patients.emplace_back(), id_of_locator(entry.key));
            upto = lead + entry.key;
        }
        if (chunk.more) break;
    }
    TRY(rename(patients));
    if (!upto.empty()) {
        renamed_to = upto;
        return true;
    }
    // Whoever was written meanwhile was named by the keys of now.
    store::Batch batch;
    batch.put(named_by_key(), encode(NamedBy{options.keys, {}}));
    TRY(store.commit(std::move(batch)));
    renaming = renaming_marked = false;
    return false;
}

Status Records::begin_renaming() { return impl_->begin_renaming(); }

Result<bool> Records::rename_some(std::size_t patients_max) { return impl_->rename_some(patients_max); }

Result<bool> Records::named_by_another_key() const {
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    ScanSelection patients;
    patients.types = {"Patient"};
    int others = 0;
    bool known = false;
    const Status scanned =
        scan_all(*snapshot, patients, [&](const Touched& touched, std::string_view body) -> Status {
            TRY_ASSIGN(const auto stored, pseudonyms_of(touched.id, *snapshot));
            TRY_ASSIGN(const auto document, json::Document::parse(body));
            TRY_ASSIGN(const Extracted made, impl_->extractor.extract("Patient", touched.id, document.root(), {}));
            const auto& now = made.header.pseudonyms;
            if (stored.empty() || now.empty()) return {};
            known = std::ranges::find_first_of(stored, now) != stored.end();
            if (!known) ++others;
            const bool decided = known || others == kOthersLookedAt;
            return decided ? Status(fail(Category::busy, "enough were looked at")) : Status();
        });
    if (known || others == kOthersLookedAt) return !known;
    TRY(scanned);
    return others > 0;
}

bool Records::renamed() const { return !impl_->renaming; }

}  // namespace idun::records
