// Any bytes as stored facts, changes, rule tables, feed pages and snapshots; what is accepted encodes back to itself.
#include <cstdlib>

#include "rights/feed.h"
#include "rights/rule_table.h"

using namespace idun;
using namespace idun::rights;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    static const crypto::KeySet keys(key.public_key());
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 5) {
        case 0:
            if (const auto facts = decode_person_facts(text))
                if (encode(*facts) != text) std::abort();
            break;
        case 1:
            if (const auto change = decode_fact_change(text)) {
                PersonFacts facts;
                if (encode(*change) != text) std::abort();
                const Status applied = apply(facts, *change);
                if (!applied && applied.error().category != Category::too_large) std::abort();
                if (decode_person_facts(encode(facts)).value() != facts) std::abort();
            }
            break;
        case 2: (void)rule_table_from_json(text); break;
        case 3: {
            const auto page = verify_page(crypto::sign_jws(key, kFeedType, text), keys,
                                          {.hub = "hub", .provider_id = "SE1", .after = 4, .now = {1'795'428'000'123}});
            if (page && sign_page(key, *page).value() != crypto::sign_jws(key, kFeedType, text)) std::abort();
            break;
        }
        case 4: {
            const auto page = verify_snapshot(crypto::sign_jws(key, kSnapshotType, text), keys,
                                              {.hub = "hub", .provider_id = "SE1", .now = {1'795'428'000'123}});
            if (page && sign_snapshot(key, *page).value() != crypto::sign_jws(key, kSnapshotType, text)) std::abort();
            break;
        }
    }
    return 0;
}
