// The keys of docs/formats/records.md, and the keyed hash behind search values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
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

Partition person_partition(std::string_view patient);
Partition own_partition(std::string_view type, std::string_view id);

std::string hash_key_key();
std::string resource_key(Partition partition, std::string_view type, std::string_view id);
std::string body_key(Partition partition, std::string_view type, std::string_view id);
std::string history_key(std::string_view type, std::string_view id, std::uint64_t version);
std::string locator_key(std::string_view type, std::string_view id);
std::string token_key(std::uint8_t number, std::string_view type, std::uint64_t system, std::uint64_t value,
                      std::string_view id);
std::string pseudonym_key(const TextHash& hash, std::string_view pseudonym, std::string_view patient);

// All resources of a type in a partition; all types when `type` is "".
store::Range resource_range(Partition partition, std::string_view type);
// Versions below `before`, newest first.
store::Range history_range(std::string_view type, std::string_view id, std::uint64_t before);
inline constexpr int kLocatorBuckets = 16;
store::Range locator_range(std::string_view type, int bucket);
// Tokens with that value, of one system or of any (`system` null).
store::Range token_range(std::uint8_t number, std::string_view type, const std::uint64_t* system, std::uint64_t value);
store::Range pseudonym_range(const TextHash& hash, std::string_view pseudonym);

struct TypeAndId {
    std::string_view type;
    std::string_view id;
};
// Out of a resource key; views into it.
Result<TypeAndId> type_and_id(std::string_view resource_key);
// The id that ends a locator or token key: what follows its last zero byte.
std::string_view id_at_end(std::string_view key);
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

}  // namespace idun::records
