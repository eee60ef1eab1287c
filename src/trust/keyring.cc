#include "trust/keyring.h"

#include "json/document.h"
#include "json/writer.h"

namespace idun::trust {
namespace {

constexpr json::Limits kLimits{.bytes_max = kKeyringBytesMax, .depth_max = 8, .nodes_max = 4096};

tl::unexpected<Error> malformed(std::string what) { return fail(Category::invalid, "key set: " + std::move(what)); }

bool is_signing_key_of_ours(json::Value jwk) {
    if (jwk["kty"].text() != "OKP" || jwk["crv"].text() != "Ed25519") return false;
    if (jwk["use"] && jwk["use"].text() != "sig") return false;
    return !jwk["alg"] || jwk["alg"].text() == "EdDSA";
}

Result<crypto::PublicKey> read_key(json::Value jwk) {
    if (jwk["d"]) return malformed("a key shows its private part");
    auto key = crypto::PublicKey::from_base64url(jwk["x"].text());
    if (!key) return malformed(key.error().message);
    if (jwk["kid"] && jwk["kid"].text() != key->id().text) return malformed("a kid is not the key's thumbprint");
    return key;
}

}  // namespace

std::string to_jwks(const crypto::KeySet& keys) {
    json::Writer w;
    w.object().name("keys").array();
    for (const crypto::PublicKey& key : keys.keys()) w.raw(key.jwk());
    w.end().end();
    return w.take();
}

Result<crypto::KeySet> from_jwks(std::string_view text) {
    auto document = json::Document::parse(text, kLimits);
    if (!document) return fail(document.error().within("key set"));
    const json::Value keys = document->root()["keys"];
    if (!keys.is_array()) return malformed("has no list of keys");
    if (keys.size() > kKeyringKeysMax) return fail(Category::too_large, "key set: over 64 keys");
    crypto::KeySet out;
    for (const json::Value jwk : keys.elements()) {
        if (!jwk.is_object()) return malformed("a key must be an object");
        if (!is_signing_key_of_ours(jwk)) continue;
        TRY_ASSIGN(crypto::PublicKey key, read_key(jwk));
        out.add(std::move(key));
    }
    return out;
}

}  // namespace idun::trust
