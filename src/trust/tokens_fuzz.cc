// Any payload, rightly signed: reading never fails in another way than by an error, and what is accepted signs
// again to the same meaning. The first byte chooses the kind of token.
#include <cstdlib>

#include "trust/assertion.h"
#include "trust/keyring.h"
#include "trust/ticket.h"
#include "trust/user_token.h"

using namespace idun;
using namespace idun::trust;

namespace {

constexpr Instant kNow{1'795'428'000'000};

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    ProviderKeys providers;
    World() {
        if (!providers.add("SE1", key.public_key())) std::abort();
    }
};

void ticket(const World& w, std::string_view payload) {
    const TicketCheck check{.audience = "SE1", .now = kNow};
    const auto read = verify_ticket(crypto::sign_jws(w.key, kTicketType, payload), w.keys, check);
    if (!read) return;
    const auto again = sign_ticket(w.key, *read);
    if (!again || verify_ticket(*again, w.keys, check).value() != *read) std::abort();
}

void user_token(const World& w, std::string_view payload) {
    const UserTokenCheck check{.issuer = "demo", .audience = "hub", .now = kNow};
    const auto read = verify_user_token(crypto::sign_jws(w.key, kUserTokenType, payload), w.keys, check);
    if (!read) return;
    const auto again = sign_user_token(w.key, *read);
    if (!again || verify_user_token(*again, w.keys, check).value() != *read) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const World world;
    if (size == 0) return 0;
    const std::string_view payload(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 4) {
        case 0: ticket(world, payload); break;
        case 1: user_token(world, payload); break;
        case 2:
            (void)verify_assertion(crypto::sign_jws(world.key, kAssertionType, payload), world.providers, "hub", kNow);
            break;
        case 3:
            if (const auto keys = from_jwks(payload))
                if (from_jwks(to_jwks(*keys)).value().keys() != keys->keys()) std::abort();
            break;
    }
    return 0;
}
