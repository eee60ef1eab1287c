#include "crypto/multiset.h"

#include <sodium.h>

#include <cstring>

#include "base/bytes.h"

namespace idun::crypto {

std::optional<MultisetKey> MultisetKey::from(std::string_view raw) {
    MultisetKey key;
    if (raw.size() != key.bytes.size()) return std::nullopt;
    std::memcpy(key.bytes.data(), raw.data(), raw.size());
    return key;
}

void MultisetHash::add(const MultisetKey& key, std::string_view item) {
    static_assert(crypto_shorthash_siphashx24_BYTES == kMultisetBytes);
    static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(key.bytes));
    std::string_view::value_type out[kMultisetBytes];
    crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(out), reinterpret_cast<const unsigned char*>(item.data()),
                                item.size(), key.bytes.data());
    add(*from({out, sizeof out}));
}

std::string MultisetHash::raw() const {
    std::string out;
    append_be(out, high);
    append_be(out, low);
    return out;
}

std::optional<MultisetHash> MultisetHash::from(std::string_view raw) {
    if (raw.size() != kMultisetBytes) return std::nullopt;
    ByteReader in(raw);
    MultisetHash out;
    out.high = in.be<std::uint64_t>();
    out.low = in.be<std::uint64_t>();
    return out;
}

}  // namespace idun::crypto
