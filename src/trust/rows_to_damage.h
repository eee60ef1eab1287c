// For tests of tables (store/scan_testing.h): key changes that a role has followed.
#pragma once

#include "store/scan_testing.h"
#include "store/testing.h"
#include "trust/key_change.h"
#include "trust/peer_keys.h"

namespace idun::trust {

inline store::RowsInMemory rows_to_damage() {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'795'428'000'000}};
    const auto key_of = [](char letter) { return *crypto::SigningKey::from_seed(std::string(32, letter)); };
    ProviderKeys told;
    for (const auto& [owner, letter] : {std::pair{"SE1", 'a'}, {"SE2", 'k'}})
        REQUIRE(told.add(owner, key_of(letter).public_key()));
    const auto peers = *PeerKeys::open(*temporary.store, told, clock);
    for (const auto& [owner, first] : {std::pair{"SE1", 'a'}, {"SE2", 'k'}})
        for (std::uint32_t number = 1; number <= 2; ++number) {
            const auto former = key_of(static_cast<char>(first + static_cast<char>(number) - 1)),
                       next = key_of(static_cast<char>(first + static_cast<char>(number)));
            REQUIRE(peers->take(sign_key_change(
                {owner, number, clock.now() + std::chrono::hours(number), former.public_key(), next.public_key()},
                former, next)));
        }
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::trust
