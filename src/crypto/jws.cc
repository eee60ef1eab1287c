#include "crypto/jws.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "crypto/internal/jws_header.h"

namespace idun::crypto {
namespace {

bool is_type(std::string_view typ) {
    return !typ.empty() && std::all_of(typ.begin(), typ.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
               c == '.' || c == '/';
    });
}

tl::unexpected<Error> refuse(std::string message) {
    return fail(Category::unauthorized, "token: " + std::move(message));
}

}  // namespace

void KeySet::add(PublicKey key) {
    if (find(key.id().text) == nullptr) keys_.push_back(std::move(key));
}

const PublicKey* KeySet::find(std::string_view key_id) const {
    for (const PublicKey& key : keys_)
        if (key.id().text == key_id) return &key;
    return nullptr;
}

std::string sign_jws(const SigningKey& key, std::string_view typ, std::string_view payload) {
    IDUN_CHECK(is_type(typ));
    const std::string header =
        R"({"alg":"EdDSA","kid":")" + key.id().text + R"(","typ":")" + std::string(typ) + R"("})";
    std::string token = base64url(header) + '.' + base64url(payload);
    const std::string signature = base64url(key.sign(token).view());
    token += '.';
    token += signature;
    return token;
}

Result<Verified> verify_jws(std::string_view token, const KeySet& keys, std::string_view typ, std::size_t bytes_max) {
    if (token.size() > bytes_max)
        return fail(Category::too_large, "token: over " + std::to_string(bytes_max) + " bytes");
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return refuse("not three parts");

    const auto header_text = from_base64url(token.substr(0, first));
    if (!header_text) return refuse("header is not base64url");
    const auto header = parse_jws_header(*header_text);
    if (!header) return refuse("header must hold alg, kid and typ and nothing else");
    if (header->alg != "EdDSA") return refuse("algorithm is not EdDSA");
    if (header->typ != typ) return refuse("type is not " + std::string(typ));
    const PublicKey* const key = keys.find(header->kid);
    if (key == nullptr) return refuse("unknown key");

    const auto raw = from_base64url(token.substr(second + 1));
    if (!raw) return refuse("signature is not base64url");
    const auto signature = Signature::from(*raw);
    if (!signature || !key->verify(token.substr(0, second), *signature)) return refuse("signature does not hold");
    auto payload = from_base64url(token.substr(first + 1, second - first - 1));
    if (!payload) return refuse("payload is not base64url");
    return Verified{std::move(*payload), key->id()};
}

}  // namespace idun::crypto
