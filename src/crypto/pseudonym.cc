#include "crypto/pseudonym.h"

#include <sodium.h>

#include <cstring>

#include "crypto/encoding.h"
#include "crypto/internal/secret_file.h"

namespace idun::crypto {
namespace {

constexpr std::string_view kFileLabel = "idun-pseudonym-key";
// Keeps this use of the key apart from any later one.
constexpr std::string_view kDomain("idun person 1\0", 14);

}  // namespace

std::string Pseudonym::text() const { return base64url(view()); }

std::optional<Pseudonym> Pseudonym::from_text(std::string_view text) {
    if (text.size() != kPseudonymTextBytes) return std::nullopt;
    const auto raw = from_base64url(text);
    return raw ? from(*raw) : std::nullopt;
}

std::optional<Pseudonym> Pseudonym::from(std::string_view raw) {
    if (raw.size() != kPseudonymBytes) return std::nullopt;
    Pseudonym out;
    std::memcpy(out.bytes.data(), raw.data(), kPseudonymBytes);
    return out;
}

Result<PseudonymKey> PseudonymKey::from(std::string_view raw) {
    if (raw.size() != kPseudonymKeyBytes) return fail(Category::invalid, "a pseudonym key has 32 bytes");
    return PseudonymKey(raw);
}

Result<PseudonymKey> PseudonymKey::load_or_create(const std::string& path, Random& random) {
    TRY_ASSIGN(std::string raw, load_or_create_secret(path, kFileLabel, random));
    auto key = from(raw);
    wipe(raw);
    return key;
}

Pseudonym PseudonymKey::of(std::string_view canonical) const {
    const Hash mac = key_.mac({kDomain, canonical});
    Pseudonym out;
    std::memcpy(out.bytes.data(), mac.bytes.data(), kPseudonymBytes);
    return out;
}

}  // namespace idun::crypto
