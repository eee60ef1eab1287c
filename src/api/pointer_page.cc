#include "api/pointer_page.h"

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/seal.h"

namespace idun::api {

PointerPages::PointerPages(Random& random) : random_(random), key_(random.bytes(crypto::kSealKeyBytes)) {}

std::string PointerPages::seal(const PointerPage& page, std::string_view caller) const {
    std::string plain(page.person.view());
    append_be(plain, page.place);
    append_be(plain, page.fingerprint);
    std::string out = random_.bytes(crypto::kSealNonceBytes);
    const std::string nonce = out;
    crypto::seal(out, key_, nonce, caller, plain);
    return crypto::base64url(out);
}

std::optional<PointerPage> PointerPages::open(std::string_view text, std::string_view caller) const {
    const auto bytes = crypto::from_base64url(text);
    if (!bytes || bytes->size() < crypto::kSealNonceBytes) return std::nullopt;
    const std::string_view all = *bytes;
    const auto plain = crypto::open_sealed(key_, all.substr(0, crypto::kSealNonceBytes), caller, all.substr(crypto::kSealNonceBytes));
    if (!plain || plain->size() < crypto::kPseudonymBytes) return std::nullopt;
    PointerPage out;
    out.person = *crypto::Pseudonym::from(std::string_view(*plain).substr(0, crypto::kPseudonymBytes));
    ByteReader in(std::string_view(*plain).substr(crypto::kPseudonymBytes));
    out.place = in.be<std::uint32_t>();
    out.fingerprint = in.be<std::uint64_t>();
    if (!in.done()) return std::nullopt;
    return out;
}

}  // namespace idun::api
