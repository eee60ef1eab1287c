#include "verify/plain_entry.h"

#include "verify/words.h"

namespace idun::verify {

std::optional<PlainEntry> plain_entry(std::string_view bytes) {
    if (bytes.size() < 7 || bytes[0] < 1 || bytes[0] > 4) return std::nullopt;
    return PlainEntry{bytes[0], static_cast<std::int64_t>(big_endian(bytes.substr(1, 6))), bytes.substr(7)};
}

std::optional<MapRoot> map_root(const PlainEntry& entry) {
    if (entry.kind != kMapRoot || entry.rest.size() != 24 + crypto::kHashBytes) return std::nullopt;
    return MapRoot{big_endian(entry.rest.substr(0, 8)), big_endian(entry.rest.substr(8, 8)),
                   big_endian(entry.rest.substr(16, 8)), *crypto::Hash::from(entry.rest.substr(24))};
}

}  // namespace idun::verify
