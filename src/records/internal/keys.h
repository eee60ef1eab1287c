// The keys of docs/formats/records.md, and the keyed hash behind index rows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "records/named_by.h"
#include "store/store.h"

namespace idun::records {

using Partition = std::uint64_t;

// SipHash under the store's own key: equal texts give equal numbers, and nobody without the key can try out texts.
class TextHash {
public:
    static constexpr std::size_t kKeyBytes = 16;
    explicit TextHash(std::string_view key);  // kKeyBytes

    // 0 for "" and only for "".
    std::uint64_t operator()(std::string_view text) const;

private:
    std::array<unsigned char, kKeyBytes> key_{};
};

// A resource type as a byte: its place among R4's resource types in alphabetical order, from 1. R4 is closed, so the
// numbers never change. 0 and "" for what is none.
std::uint8_t type_number(std::string_view type);
std::string_view type_name(std::uint8_t number);

// An id in a key: a lower-case UUID is a zero byte and its 16 bytes; any other id its length and its text. No packed id
// is the start of another.
void append_packed(std::string& out, std::string_view id);
// Takes one from the front; nothing when it is malformed.
std::optional<std::string> take_packed(std::string_view& bytes);
// The same at the end of `out`; false when it is malformed.
bool take_packed(std::string_view& bytes, std::string& out);

Partition person_partition(std::string_view patient);
Partition own_partition(std::string_view type, std::string_view id);

// What an index row leads from.
enum class IndexKind : char {
    code = 'c',        // values of the parameter `code` (vaccine-code of an Immunization): every one of them, nothing else
    identifier = 'i',  // Identifiers and contact points, whatever the parameter
    reference = 'r',   // references, whatever the parameter, but not to the person whose partition the resource lies in
    text = 's',        // starts of names and titles, folded
    uri = 'u',         // URLs
    date = 'd',        // birthdate
};
// The rows of one value: its hash, and of tokens the hash of its system.
struct IndexValue {
    IndexKind kind = IndexKind::code;
    std::uint64_t value = 0;
    std::uint64_t system = 0;
    friend auto operator<=>(const IndexValue&, const IndexValue&) = default;
};
constexpr bool has_system(IndexKind kind) { return kind == IndexKind::code || kind == IndexKind::identifier; }

std::string hash_key_key();
std::string named_by_key();
std::string encode(const NamedBy& named_by);
Result<NamedBy> decode_named_by(std::string_view value);
std::string resource_key(Partition partition, std::string_view type, std::string_view id);
std::string body_key(Partition partition, std::string_view type, std::string_view id);
std::string history_key(std::string_view type, std::string_view id, std::uint64_t version);
std::string locator_key(std::string_view type, std::string_view id);
std::string index_key(const IndexValue& value, std::string_view type, Partition partition, std::string_view id);
std::string pseudonym_key(const TextHash& hash, std::string_view pseudonym, std::string_view patient);

// All resources of a type in a partition; all types when `type` is "".
store::Range resource_range(Partition partition, std::string_view type);
// Versions below `before`, newest first.
store::Range history_range(std::string_view type, std::string_view id, std::uint64_t before);
inline constexpr int kLocatorBuckets = 16;
store::Range locator_range(std::string_view type, int bucket);
// The rows of a value, of one partition or of all, of one system or of any. A system without a partition does not
// narrow the range: its rows must be looked at.
store::Range index_range(const IndexValue& value, std::string_view type, std::optional<Partition> partition, bool any_system);
store::Range pseudonym_range(const TextHash& hash, std::string_view pseudonym);

// What commits changed, by time: one row for each type of a commit. `tie` tells rows of one millisecond apart.
struct ChangePlace {
    std::int64_t time = 0;  // ms since 1970
    std::uint64_t tie = 0;
    friend auto operator<=>(const ChangePlace&, const ChangePlace&) = default;
};
std::string change_key(std::string_view type, ChangePlace place);
ChangePlace change_place(std::string_view change_key);
// Rows of that type at or older than `from` (in key order: newest first, then by tie).
store::Range change_range(std::string_view type, ChangePlace from);

struct TypeAndId {
    std::string_view type;
    std::string id;
};
Result<TypeAndId> type_and_id(std::string_view resource_key);
Status type_and_id(std::string_view resource_key, TypeAndId& out);  // the same into memory that is used again
Result<std::string> id_of_locator(std::string_view locator_key);
// The value of an index row says at which version the resource is.
std::string index_value(std::uint64_t version);
struct IndexEntry {
    std::uint64_t version = 0;
    Partition partition = 0;
    std::uint64_t system = 0;
    std::string id;
};
Result<IndexEntry> index_entry(std::string_view index_key, std::string_view value);
std::uint64_t version_in(std::string_view history_key);

// The value of a locator row.
struct Locator {
    bool deleted = false;
    Partition partition = 0;
    std::uint64_t version = 0;
    std::int64_t last_updated = 0;
};
std::string encode(const Locator& locator);
Result<Locator> decode_locator(std::string_view value);

// The value of a change row: the versions that came to be.
struct ChangedVersion {
    std::string id;
    std::uint64_t version = 0;
    friend bool operator==(const ChangedVersion&, const ChangedVersion&) = default;
};
std::uint64_t change_tie(const ChangedVersion& first);
std::string encode(const std::vector<ChangedVersion>& changed);
Result<std::vector<ChangedVersion>> decode_changed(std::string_view value);

}  // namespace idun::records
