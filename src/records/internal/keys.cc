#include "records/internal/keys.h"

#include <sodium/crypto_shorthash.h>
#include <xxhash.h>

#include <initializer_list>
#include <limits>

#include "records/internal/bytes.h"

namespace idun::records {
namespace {

constexpr char kZero = '\0';

std::string start(Partition partition, char table) {
    std::string out;
    out.reserve(96);
    put_u64(out, partition);
    out += table;
    return out;
}

Partition hashed(std::initializer_list<std::string_view> parts) {
    std::string text;
    text.reserve(128);
    bool first = true;
    for (const std::string_view part : parts) {
        if (!first) text += kZero;
        first = false;
        text += part;
    }
    return XXH3_64bits(text.data(), text.size());
}

std::string with_type_and_id(std::string key, std::string_view type, std::string_view id) {
    key.append(type) += kZero;
    return std::move(key.append(id));
}

Partition locator_partition(std::string_view type, int bucket) {
    const char last = static_cast<char>(bucket);
    return hashed({"L", type, {&last, 1}});
}

std::string token_start(std::uint8_t number, std::string_view type, std::uint64_t value) {
    std::string text("T");
    text += static_cast<char>(number);
    text.append(type) += kZero;
    put_u64(text, value);
    return start(XXH3_64bits(text.data(), text.size()), 'T');
}

}  // namespace

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
std::string resource_key(Partition partition, std::string_view type, std::string_view id) {
    return with_type_and_id(start(partition, 'R'), type, id);
}
std::string body_key(Partition partition, std::string_view type, std::string_view id) {
    return with_type_and_id(start(partition, 'B'), type, id);
}
std::string history_key(std::string_view type, std::string_view id, std::uint64_t version) {
    std::string key = with_type_and_id(start(hashed({"H", type, id}), 'H'), type, id);
    key += kZero;
    put_u64(key, std::numeric_limits<std::uint64_t>::max() - version);
    return key;
}
std::string locator_key(std::string_view type, std::string_view id) {
    const int bucket = static_cast<int>(XXH3_64bits(id.data(), id.size()) % kLocatorBuckets);
    return with_type_and_id(start(locator_partition(type, bucket), 'L'), type, id);
}
std::string token_key(std::uint8_t number, std::string_view type, std::uint64_t system, std::uint64_t value,
                      std::string_view id) {
    std::string key = token_start(number, type, value);
    put_u64(key, system);
    return with_type_and_id(std::move(key), type, id);
}
std::string pseudonym_key(const TextHash& hash, std::string_view pseudonym, std::string_view patient) {
    return pseudonym_range(hash, pseudonym).from.append(patient);
}

store::Range resource_range(Partition partition, std::string_view type) {
    std::string prefix = start(partition, 'R');
    if (!type.empty()) prefix.append(type) += kZero;
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
    prefix.append(type) += kZero;
    return store::prefix_range(prefix);
}
store::Range token_range(std::uint8_t number, std::string_view type, const std::uint64_t* system, std::uint64_t value) {
    std::string prefix = token_start(number, type, value);
    if (system != nullptr) {
        put_u64(prefix, *system);
        prefix.append(type) += kZero;
    }
    return store::prefix_range(prefix);
}
store::Range pseudonym_range(const TextHash& hash, std::string_view pseudonym) {
    std::string prefix = start(hash(std::string("P").append(pseudonym)), 'P');
    prefix += static_cast<char>(pseudonym.size());
    return store::prefix_range(prefix.append(pseudonym));
}

Result<TypeAndId> type_and_id(std::string_view key) {
    constexpr std::size_t kHead = store::kPartitionBytes + 1;
    const std::size_t zero = key.size() < kHead ? std::string_view::npos : key.find(kZero, kHead);
    if (zero == std::string_view::npos) return fail(Category::corrupt, "a resource key is malformed");
    return TypeAndId{key.substr(kHead, zero - kHead), key.substr(zero + 1)};
}
std::string_view id_at_end(std::string_view key) { return key.substr(key.rfind(kZero) + 1); }
std::uint64_t version_in(std::string_view key) {
    IDUN_CHECK(key.size() >= 8);
    return std::numeric_limits<std::uint64_t>::max() - u64_at(key.data() + key.size() - 8);
}

std::string encode(const Locator& locator) {
    std::string out;
    out += '\1';
    out += static_cast<char>(locator.deleted ? 1 : 0);
    put_u64(out, locator.partition);
    put_varint(out, locator.version);
    put_u64(out, static_cast<std::uint64_t>(locator.last_updated));
    return out;
}

Result<Locator> decode_locator(std::string_view value) {
    ByteReader in(value);
    Locator out;
    const bool known = in.byte() == 1;
    out.deleted = (in.byte() & 1) != 0;
    out.partition = in.u64();
    out.version = in.varint();
    out.last_updated = in.i64();
    if (!known || !in.ok() || !in.rest().empty()) return fail(Category::corrupt, "a locator row is malformed");
    return out;
}

}  // namespace idun::records
