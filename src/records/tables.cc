#include "records/tables.h"

#include <algorithm>
#include <memory>

#include "crypto/pseudonym.h"
#include "records/internal/bytes.h"
#include "records/internal/extract.h"
#include "records/internal/keys.h"
#include "records/internal/row.h"
#include "search/parameters.h"

namespace idun::records {
namespace {

constexpr std::size_t kTypeAt = store::kPartitionBytes + 1;
constexpr char kKeyFormatNow = 3;

tl::unexpected<Error> wrong_row(const char* what) { return fail(Category::corrupt, what); }

// What all checks of one scan share: how the store hashes, how resources are read, and how many index rows there are and ought to be.
struct RecordScan {
    RecordScan(std::string_view key, std::string base)
        : hash(key), base_url(std::move(base)), extractor(search::Registry::r4(), hash, base_url, person_key) {}

    const TextHash hash;
    const std::string base_url;
    // Pseudonyms are compared with the header's, not made anew: that takes the nation's key.
    const Extractor::PersonKey person_key = [](std::string_view, std::string_view) -> std::optional<std::string> { return std::nullopt; };
    const Extractor extractor;
    std::uint64_t index_rows = 0;
    std::uint64_t index_owed = 0;
};
using ScanShared = std::shared_ptr<RecordScan>;

Partition partition_in(std::string_view key) { return u64_at(key.data()); }

// A row of this resource at that version.
std::string_view judge_version(const std::optional<std::string>& row, std::uint64_t version) {
    const auto view = row ? RowView::parse(*row) : Result<RowView>(wrong_row(""));
    return view && view->version() == version ? "" : "its resource is missing, or at another version";
}

// Header and index rows as the body makes them.
Result<Extracted> extracted_from(const RecordScan& scan, const RowView& row, std::string_view section, const TypeAndId& name) {
    TRY_ASSIGN(const std::string text, body_text(section, name.id, row.version(), row.last_updated()));
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    if (document.root()["resourceType"].text() != name.type || document.root()["id"].text() != name.id) return wrong_row("its body is of another resource");
    TRY_ASSIGN(Extracted out, scan.extractor.extract(name.type, name.id, document.root(), {}));
    out.header.version = row.version();
    out.header.last_updated = row.last_updated();
    out.header.pseudonyms = row.pseudonyms();
    return out;
}

constexpr std::string_view kOtherHeader = "its header says something else than its body";

// The index rows that its body asks for, and that its header is the body's.
Status owe_index(RecordScan& scan, std::string_view key, const RowView& row, std::string_view head, const TypeAndId& name, store::Owed& owed) {
    TRY_ASSIGN(const Extracted made, extracted_from(scan, row, row.body(), name));
    if (encode_header(made.header, false) != head) return fail(Category::corrupt, std::string(kOtherHeader));
    scan.index_owed += made.index.size();
    for (const IndexValue& value : made.index)
        owed.row(index_key(value, name.type, partition_in(key), name.id), index_value(row.version()), "an index row of it is missing, or of another version");
    return {};
}

// The same where the body lies in a row of its own.
void owe_big_body(const ScanShared& scan, std::string_view key, std::string_view value, const TypeAndId& name, store::Owed& owed) {
    const std::string whole(value);
    const Partition partition = partition_in(key);
    owed.large_row(body_key(partition, name.type, name.id), [scan, whole, partition, name](const store::Snapshot& at, const auto& body) -> std::string_view {
        const auto view = RowView::parse(whole);
        if (!body) return "its body is missing";
        const auto made = extracted_from(*scan, *view, *body, name);
        if (!made) return "its body is malformed, or another resource's";
        if (encode_header(made->header, true) != whole) return kOtherHeader;
        scan->index_owed += made->index.size();
        std::vector<std::string> keys;
        for (const IndexValue& one : made->index) keys.push_back(index_key(one, name.type, partition, name.id));
        const auto rows = at.multi_get(keys);
        if (!rows) return "its index rows cannot be read";
        for (const auto& found : *rows)
            if (found != index_value(view->version())) return "an index row of it is missing, or of another version";
        return "";
    });
}

void owe_pseudonyms(const RecordScan& scan, const RowView& row, const TypeAndId& name, store::Owed& owed) {
    if (name.type != "Patient" || row.deleted()) return;
    for (const std::string& pseudonym : row.pseudonyms()) owed.row(pseudonym_key(scan.hash, pseudonym, name.id), std::string(), "the row of a pseudonym of its person is missing");
}

Status check_resource(const ScanShared& scan, std::string_view key, std::string_view value, store::Owed& owed) {
    TypeAndId name;
    TRY(type_and_id(key, name));
    TRY_ASSIGN(const RowView row, RowView::parse(value));
    const std::string patient = row.patient();
    const Partition partition = patient.empty() ? own_partition(name.type, name.id) : person_partition(patient);
    if (partition != partition_in(key) || row.version() == 0) return wrong_row("it lies in another partition than its person's");
    owed.row(hash_key_key(), [](const store::Snapshot&, const auto& own) -> std::string_view {
        return own && own->size() == 1 + TextHash::kKeyBytes && own->front() == kKeyFormatNow ? "" : "the store's own key is missing or malformed";
    });
    owed.row(locator_key(name.type, name.id), encode(Locator{row.deleted(), partition, row.version(), row.last_updated().ms}), "its locator is missing, or leads elsewhere");
    if (row.version() > 1) owed.large_row(history_key(name.type, name.id, row.version() - 1), "the version before it is missing");
    owe_pseudonyms(*scan, row, name, owed);
    if (row.deleted()) return store::encodes_to_itself(encode_header(row.header(), false), value);
    if (row.body_elsewhere()) {
        owe_big_body(scan, key, value, name, owed);
        return {};
    }
    return owe_index(*scan, key, row, value.substr(0, value.size() - row.body().size()), name, owed);
}

Status check_body(std::string_view key, std::string_view, store::Owed& owed) {
    TypeAndId name;
    TRY(type_and_id(key, name));
    owed.row(resource_key(partition_in(key), name.type, name.id), [](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto view = row ? RowView::parse(*row) : Result<RowView>(wrong_row(""));
        return view && view->body_elsewhere() ? "" : "its resource is missing, or has its body inside";
    });
    return {};
}

Status check_history(const ScanShared& scan, std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() < kTypeAt + 2 + sizeof(std::uint64_t)) return wrong_row("a key of an older version is malformed");
    const std::uint64_t version = version_in(key);
    TypeAndId name;
    TRY(type_and_id(key.substr(0, key.size() - sizeof(std::uint64_t)), name));
    TRY_ASSIGN(const RowView row, RowView::parse(value));
    if (history_key(name.type, name.id, version) != key || row.version() != version || row.body_elsewhere()) return wrong_row("it is another version than its key says");
    if (version > 1) owed.large_row(history_key(name.type, name.id, version - 1), "the version before it is missing");
    owed.row(locator_key(name.type, name.id), [version](const store::Snapshot&, const auto& locator) -> std::string_view {
        const auto now = locator ? decode_locator(*locator) : Result<Locator>(wrong_row(""));
        return now && now->version > version ? "" : "the newest version of its resource is missing, or older";
    });
    if (row.deleted()) return store::encodes_to_itself(encode_header(row.header(), false), value);
    // What it was found by counts no more; that it can be shown is read here.
    TRY(extracted_from(*scan, row, row.body(), name));
    return {};
}

Status check_locator(std::string_view key, std::string_view value, store::Owed& owed) {
    TypeAndId name;
    TRY(type_and_id(key, name));
    if (locator_key(name.type, name.id) != key) return wrong_row("a locator lies in another place than its resource's");
    TRY_ASSIGN(const Locator locator, decode_locator(value));
    owed.row(resource_key(locator.partition, name.type, name.id), [version = locator.version](const store::Snapshot&, const auto& row) { return judge_version(row, version); });
    return store::encodes_to_itself(encode(locator), value);
}

Status check_index(RecordScan& scan, std::string_view key, std::string_view value, store::Owed& owed) {
    ++scan.index_rows;
    TRY_ASSIGN(const IndexEntry entry, index_entry(key, value));
    const std::string_view type = type_name(static_cast<std::uint8_t>(key[kTypeAt + 1]));
    if (type.empty()) return wrong_row("an index key is malformed");
    owed.row(resource_key(entry.partition, type, entry.id), [version = entry.version](const store::Snapshot&, const auto& row) { return judge_version(row, version); });
    return store::encodes_to_itself(index_value(entry.version), value);
}

Status check_pseudonym(const RecordScan& scan, std::string_view key, std::string_view value, store::Owed& owed) {
    const std::size_t length = key.size() > kTypeAt ? static_cast<std::uint8_t>(key[kTypeAt]) : 0;
    if (length == 0 || key.size() <= kTypeAt + 1 + length || !value.empty()) return wrong_row("the row of a pseudonym is malformed");
    const std::string pseudonym(key.substr(kTypeAt + 1, length));
    const std::string patient(key.substr(kTypeAt + 1 + length));
    if (pseudonym_key(scan.hash, pseudonym, patient) != key) return wrong_row("the row of a pseudonym lies in another partition");
    owed.row(resource_key(person_partition(patient), "Patient", patient), [pseudonym](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto view = row ? RowView::parse(*row) : Result<RowView>(wrong_row(""));
        if (!view || view->deleted()) return "its patient is missing";
        const auto all = view->pseudonyms();
        return std::ranges::find(all, pseudonym) != all.end() ? "" : "its patient does not have the pseudonym";
    });
    return {};
}

Status check_change(std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() < kTypeAt + 2 + 2 * sizeof(std::uint64_t)) return wrong_row("a change's key is malformed");
    const std::size_t end = key.size() - 2 * sizeof(std::uint64_t) - 1;
    if (key[end] != '\0') return wrong_row("a change's key is malformed");
    const std::string type(key.substr(kTypeAt, end - kTypeAt));
    TRY_ASSIGN(const auto changed, decode_changed(value));
    const ChangePlace place = change_place(key);
    if (type_number(type) == 0 || changed.empty() || change_tie(changed.front()) != place.tie || change_key(type, place) != key)
        return wrong_row("a change's key is of another change");
    for (const ChangedVersion& one : changed)
        owed.row(locator_key(type, one.id), [version = one.version](const store::Snapshot&, const auto& locator) -> std::string_view {
            const auto now = locator ? decode_locator(*locator) : Result<Locator>(wrong_row(""));
            return now && now->version >= version ? "" : "a version that it tells of is missing";
        });
    return store::encodes_to_itself(encode(changed), value);
}

}  // namespace

Result<store::Tables> tables(const store::Snapshot& snapshot, std::string base_url) {
    TRY_ASSIGN(const auto key, snapshot.get(hash_key_key()));
    const bool usable = key && key->size() == 1 + TextHash::kKeyBytes;  // else a finding at each resource
    const auto scan = std::make_shared<RecordScan>(usable ? key->substr(1) : std::string(TextHash::kKeyBytes, '\0'), std::move(base_url));
    store::Tables out;
    out.push_back({.name = "records.key", .prefix = hash_key_key(), .form = 3, .check = [](std::string_view, std::string_view value, store::Owed&) -> Status {
                       return value.size() == 1 + TextHash::kKeyBytes && value.front() == kKeyFormatNow ? Status() : wrong_row("the key row of the records is malformed");
                   }});
    out.push_back({.name = "records.named-by", .prefix = named_by_key(), .form = 3, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       TRY(decode_named_by(value));
                       return key == named_by_key() ? Status() : wrong_row("the row of the keys that patients are named by stands there twice");
                   }});
    out.push_back({.name = "records.resources", .letter = 'R', .form = 3, .value_bytes_max = store::kValueBytesMax,
                   .check = [scan](std::string_view k, std::string_view value, store::Owed& owed) { return check_resource(scan, k, value, owed); }});
    out.push_back({.name = "records.bodies", .letter = 'B', .form = 3, .value_bytes_max = store::kValueBytesMax, .check = check_body});
    out.push_back({.name = "records.history", .letter = 'H', .form = 3, .value_bytes_max = store::kValueBytesMax,
                   .check = [scan](std::string_view k, std::string_view value, store::Owed& owed) { return check_history(scan, k, value, owed); }});
    out.push_back({.name = "records.locators", .letter = 'L', .form = 2, .check = check_locator});
    out.push_back({.name = "records.index", .letter = 'T', .form = 3, .check = [scan](std::string_view k, std::string_view value, store::Owed& owed) { return check_index(*scan, k, value, owed); },
                   .ended = [scan](store::Owed& owed) {
                       if (scan->index_rows != scan->index_owed) owed.wrong("there are more or fewer index rows than the resources ask for");
                   }});
    out.push_back({.name = "records.pseudonyms", .letter = 'P', .form = 3, .check = [scan](std::string_view k, std::string_view value, store::Owed& owed) { return check_pseudonym(*scan, k, value, owed); }});
    out.push_back({.name = "records.changes", .letter = 'C', .value_bytes_max = 16u << 20, .check = check_change});
    return out;
}

}  // namespace idun::records
