// Any bytes as a token: nothing but what was signed verifies, and the header parser takes only its three members.
#include <cstdlib>

#include "crypto/encoding.h"
#include "crypto/internal/jws_header.h"
#include "crypto/jws.h"

using namespace idun::crypto;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const SigningKey key = *SigningKey::from_seed(std::string(32, 's'));
    static const KeySet keys(key.public_key());
    const std::string_view text(reinterpret_cast<const char*>(data), size);

    if (const auto read = verify_jws(text, keys, "t"))
        if (sign_jws(key, "t", read->payload).substr(text.rfind('.')) != text.substr(text.rfind('.'))) {
            // Another spelling of the header would need our signature, which is not given away.
            std::abort();
        }

    if (const auto header = parse_jws_header(text)) {
        // Signed with our key the same header must be judged by its members alone.
        const std::string input = base64url(text) + ".e30";
        const auto read = verify_jws(input + "." + base64url(key.sign(input).view()), keys, "t", 1u << 20);
        const bool right = header->alg == "EdDSA" && header->kid == key.id().text && header->typ == "t";
        if (read.has_value() != right) std::abort();
    }

    if (const auto raw = from_base64url(text))
        if (base64url(*raw) != text) std::abort();
    if (const auto raw = from_hex(text))
        if (hex(*raw) != text) std::abort();
    return 0;
}
