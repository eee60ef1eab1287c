#include "records/internal/keys.h"

#include <sodium/crypto_shorthash.h>
#include <xxhash.h>

#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <vector>

#include "fhir/definitions.h"
#include "records/internal/bytes.h"

namespace idun::records {
namespace {

constexpr char kNamedByForm = 1;
constexpr char kFormerRenamingForm = 2;  // the same, while some are named otherwise: by which keys it did not say
constexpr char kRenamingForm = 3;

constexpr char kZero = '\0';

std::string start(Partition partition, char table) {
    std::string out;
    out.reserve(96);
    put_u64(out, partition);
    out += table;
    return out;
}

// The parts with a zero byte between each two.
Partition hashed(std::initializer_list<std::string_view> parts) {
    ShortText text;
    bool first = true;
    for (const std::string_view part : parts) {
        if (!first) text.append({&kZero, 1});
        first = false;
        text.append(part);
    }
    return XXH3_64bits(text.view().data(), text.view().size());
}

std::string with_type_and_id(std::string key, std::string_view type, std::string_view id) {
    key += static_cast<char>(type_number(type));
    append_packed(key, id);
    return key;
}

Partition locator_partition(std::string_view type, int bucket) {
    const char last = static_cast<char>(bucket);
    return hashed({"L", type, {&last, 1}});
}

// Up to and with the type: shared by all rows of a value.
std::string index_start(const IndexValue& value, std::string_view type) {
    const char kind = static_cast<char>(value.kind);
    ShortText text;
    text.append("T");
    text.append({&kind, 1});
    text.append(type);
    text.append({&kZero, 1});
    text.append_u64(value.value);
    std::string out = start(XXH3_64bits(text.view().data(), text.view().size()), 'T');
    out += kind;
    out += static_cast<char>(type_number(type));
    return out;
}

struct TypeNumbers {
    TypeNumbers() {
        names.emplace_back();
        for (const fhir::Type* type : fhir::Definitions::r4().resources()) names.push_back(type->name);
        IDUN_CHECK(names.size() < 256);
        numbers =
            fhir::NameTable(static_cast<std::uint32_t>(names.size()), [this](std::uint32_t i) { return names[i]; });
    }
    std::vector<std::string_view> names;
    fhir::NameTable numbers;
};
const TypeNumbers& type_numbers() {
    static const TypeNumbers made;
    return made;
}

constexpr std::array<std::int8_t, 256> hex_digits() {
    std::array<std::int8_t, 256> out{};
    out.fill(-1);
    for (int i = 0; i < 10; ++i) out[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
    for (int i = 0; i < 6; ++i) out[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    return out;
}
constexpr auto kHexDigits = hex_digits();

// 16 bytes of "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" in lower case.
bool pack_uuid(std::string& out, std::string_view id) {
    static constexpr std::array<std::size_t, 16> kPlaces = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    if (id.size() != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-') return false;
    char bytes[17] = {kZero};
    int wrong = 0;  // negative as soon as one digit is none
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
        const int high = kHexDigits[static_cast<unsigned char>(id[kPlaces[i]])];
        const int low = kHexDigits[static_cast<unsigned char>(id[kPlaces[i] + 1])];
        wrong |= high | low;
        bytes[i + 1] = static_cast<char>((high & 15) << 4 | (low & 15));
    }
    if (wrong < 0) return false;
    out.append(bytes, sizeof bytes);
    return true;
}

std::string change_prefix(std::string_view type) {
    std::string key = start(hashed({"C", type}), 'C');
    key.append(type) += kZero;
    return key;
}

std::uint64_t backwards(std::int64_t time) { return std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(time); }

}  // namespace

std::uint8_t type_number(std::string_view type) {
    const std::uint32_t number = type_numbers().numbers.find(type);
    return number == fhir::NameTable::kNone ? std::uint8_t{0} : static_cast<std::uint8_t>(number);
}
std::string_view type_name(std::uint8_t number) {
    const auto& names = type_numbers().names;
    return number < names.size() ? names[number] : std::string_view();
}

void append_packed(std::string& out, std::string_view id) {
    if (pack_uuid(out, id)) return;
    IDUN_CHECK(id.size() < 256);
    out += static_cast<char>(id.size());
    out += id;
}

std::optional<std::string> take_packed(std::string_view& bytes) {
    std::string out;
    if (!take_packed(bytes, out)) return std::nullopt;
    return out;
}

bool take_packed(std::string_view& bytes, std::string& out) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    if (bytes.empty()) return false;
    const auto size = static_cast<unsigned char>(bytes.front());
    const std::size_t taken = size == 0 ? 16u : size;
    if (bytes.size() <= taken) return false;
    if (size > 0) {
        out += bytes.substr(1, taken);
    } else {
        char text[36];
        char* at = text;
        for (std::size_t i = 0; i < 16; ++i) {
            if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
            const auto byte = static_cast<unsigned char>(bytes[1 + i]);
            *at++ = kDigits[byte >> 4];
            *at++ = kDigits[byte & 15u];
        }
        out.append(text, sizeof text);
    }
    bytes.remove_prefix(1 + taken);
    return true;
}

TextHash::TextHash(std::string_view key) {
    static_assert(kKeyBytes == crypto_shorthash_KEYBYTES && crypto_shorthash_BYTES == 8);
    IDUN_CHECK(key.size() == kKeyBytes);
    std::copy(key.begin(), key.end(), key_.begin());
}

std::uint64_t TextHash::operator()(std::string_view text) const {
    if (text.empty()) return 0;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, reinterpret_cast<const unsigned char*>(text.data()), text.size(), key_.data());
    const std::uint64_t value = u64_at(reinterpret_cast<const char*>(out));
    return value == 0 ? 1 : value;
}

Partition person_partition(std::string_view patient) { return own_partition("Patient", patient); }
Partition own_partition(std::string_view type, std::string_view id) { return hashed({type, id}); }

std::string hash_key_key() { return start(hashed({"idun.records"}), 'K'); }
std::string named_by_key() { return start(hashed({"idun.records"}), 'N'); }
std::string encode(const NamedBy& named_by) {
    const bool under_way = !named_by.since.empty();
    std::string out(1, under_way ? kRenamingForm : kNamedByForm);
    out += static_cast<char>(named_by.keys.size());
    out += named_by.keys;
    if (!under_way) return out;
    out += static_cast<char>(named_by.since.size());
    return out.append(named_by.since);
}
Result<NamedBy> decode_named_by(std::string_view value) {
    NamedBy out;
    ByteReader reader(value);
    const char form = static_cast<char>(reader.byte());
    const auto names = [&] { return std::string(reader.take(reader.byte())); };
    out.keys = names();
    if (form == kRenamingForm) out.since = names();
    if (form == kFormerRenamingForm) out.since = out.keys;  // whatever else they were: all of these are needed
    const bool well = reader.ok() && reader.rest().empty() && !out.keys.empty() && form >= kNamedByForm && form <= kRenamingForm &&
                      out.since.empty() == (form == kNamedByForm);
    if (!well) return fail(Category::corrupt, "the row of the keys that patients are named by is malformed");
    return out;
}
std::string resource_key(Partition partition, std::string_view type, std::string_view id) {
    return with_type_and_id(start(partition, 'R'), type, id);
}
std::string body_key(Partition partition, std::string_view type, std::string_view id) {
    return with_type_and_id(start(partition, 'B'), type, id);
}
std::string history_key(std::string_view type, std::string_view id, std::uint64_t version) {
    std::string key = with_type_and_id(start(hashed({"H", type, id}), 'H'), type, id);
    put_u64(key, std::numeric_limits<std::uint64_t>::max() - version);
    return key;
}
std::string locator_key(std::string_view type, std::string_view id) {
    const int bucket = static_cast<int>(XXH3_64bits(id.data(), id.size()) % kLocatorBuckets);
    return with_type_and_id(start(locator_partition(type, bucket), 'L'), type, id);
}
std::string index_key(const IndexValue& value, std::string_view type, Partition partition, std::string_view id) {
    std::string key = index_start(value, type);
    put_u64(key, partition);
    if (has_system(value.kind)) put_u64(key, value.system);
    append_packed(key, id);
    return key;
}
std::string pseudonym_key(const TextHash& hash, std::string_view pseudonym, std::string_view patient) {
    return pseudonym_range(hash, pseudonym).from.append(patient);
}

store::Range resource_range(Partition partition, std::string_view type) {
    std::string prefix = start(partition, 'R');
    if (!type.empty()) prefix += static_cast<char>(type_number(type));
    return store::prefix_range(prefix);
}
store::Range history_range(std::string_view type, std::string_view id, std::uint64_t before) {
    const std::string first = history_key(type, id, std::numeric_limits<std::uint64_t>::max());
    store::Range out = store::prefix_range(std::string_view(first).substr(0, first.size() - 8));
    if (before > 0) out.from = history_key(type, id, before - 1);
    return out;
}
store::Range locator_range(std::string_view type, int bucket) {
    std::string prefix = start(locator_partition(type, bucket), 'L');
    prefix += static_cast<char>(type_number(type));
    return store::prefix_range(prefix);
}
store::Range index_range(const IndexValue& value, std::string_view type, std::optional<Partition> partition, bool any_system) {
    std::string prefix = index_start(value, type);
    if (partition) {
        put_u64(prefix, *partition);
        if (has_system(value.kind) && !any_system) put_u64(prefix, value.system);
    }
    return store::prefix_range(prefix);
}
store::Range pseudonym_range(const TextHash& hash, std::string_view pseudonym) {
    std::string prefix = start(hash(std::string("P").append(pseudonym)), 'P');
    prefix += static_cast<char>(pseudonym.size());
    return store::prefix_range(prefix.append(pseudonym));
}

std::string change_key(std::string_view type, ChangePlace place) {
    std::string key = change_prefix(type);
    put_u64(key, backwards(place.time));
    put_u64(key, place.tie);
    return key;
}
ChangePlace change_place(std::string_view key) {
    IDUN_CHECK(key.size() >= 16);
    const std::uint64_t time = std::numeric_limits<std::uint64_t>::max() - u64_at(key.data() + key.size() - 16);
    return {static_cast<std::int64_t>(time), u64_at(key.data() + key.size() - 8)};
}
store::Range change_range(std::string_view type, ChangePlace from) {
    store::Range out = store::prefix_range(change_prefix(type));
    out.from = change_key(type, from);
    return out;
}

Result<TypeAndId> type_and_id(std::string_view key) {
    TypeAndId out;
    TRY(type_and_id(key, out));
    return out;
}
Status type_and_id(std::string_view key, TypeAndId& out) {
    constexpr std::size_t kHead = store::kPartitionBytes + 2;
    if (key.size() > kHead) {
        out.type = type_name(static_cast<std::uint8_t>(key[kHead - 1]));
        out.id.clear();
        std::string_view rest = key.substr(kHead);
        if (take_packed(rest, out.id) && rest.empty() && !out.type.empty()) return {};
    }
    return fail(Category::corrupt, "a resource key is malformed");
}
Result<std::string> id_of_locator(std::string_view key) {
    TRY_ASSIGN(auto found, type_and_id(key));
    return std::move(found.id);
}
std::string index_value(std::uint64_t version) {
    std::string out;
    put_varint(out, version);
    return out;
}
Result<IndexEntry> index_entry(std::string_view key, std::string_view value) {
    constexpr std::size_t kHead = store::kPartitionBytes + 3;
    if (key.size() > kHead) {
        const auto kind = static_cast<IndexKind>(key[kHead - 2]);
        ByteReader in(key.substr(kHead));
        IndexEntry out;
        out.version = ByteReader(value).varint();
        out.partition = in.u64();
        if (has_system(kind)) out.system = in.u64();
        std::string_view rest = in.rest();
        if (auto id = take_packed(rest); in.ok() && id && rest.empty()) {
            out.id = std::move(*id);
            return out;
        }
    }
    return fail(Category::corrupt, "an index key is malformed");
}
std::uint64_t version_in(std::string_view key) {
    IDUN_CHECK(key.size() >= 8);
    return std::numeric_limits<std::uint64_t>::max() - u64_at(key.data() + key.size() - 8);
}

std::string encode(const Locator& locator) {
    std::string out;
    out += '\2';
    put_varint(out, locator.version << 1 | (locator.deleted ? 1u : 0u));
    put_u64(out, locator.partition);
    put_varint(out, static_cast<std::uint64_t>(locator.last_updated));
    return out;
}

Result<Locator> decode_locator(std::string_view value) {
    ByteReader in(value);
    Locator out;
    const bool known = in.byte() == 2;
    const std::uint64_t version = in.varint();
    out.deleted = (version & 1) != 0;
    out.version = version >> 1;
    out.partition = in.u64();
    out.last_updated = static_cast<std::int64_t>(in.varint());
    if (!known || !in.ok() || !in.rest().empty()) return fail(Category::corrupt, "a locator row is malformed");
    return out;
}

std::uint64_t change_tie(const ChangedVersion& first) {
    std::string version;
    put_varint(version, first.version);
    return hashed({first.id, version});
}

std::string encode(const std::vector<ChangedVersion>& changed) {
    std::string out(1, '\1');
    put_varint(out, changed.size());
    for (const ChangedVersion& one : changed) {
        append_packed(out, one.id);
        put_varint(out, one.version);
    }
    return out;
}

Result<std::vector<ChangedVersion>> decode_changed(std::string_view value) {
    ByteReader head(value);
    const bool known = head.byte() == 1;
    std::uint64_t left = head.count();
    std::string_view rest = head.rest();
    std::vector<ChangedVersion> out;
    bool good = known && head.ok();
    for (; good && left > 0; --left) {
        auto id = take_packed(rest);
        ByteReader in(rest);
        const std::uint64_t version = in.varint();
        rest = in.rest();
        good = id.has_value() && in.ok();
        if (good) out.push_back({std::move(*id), version});
    }
    if (!good || !rest.empty()) return fail(Category::corrupt, "a change row is malformed");
    return out;
}

}  // namespace idun::records
