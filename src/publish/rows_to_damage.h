// For tests of tables (store/scan_testing.h): rows of each of what a node's publishing remembers.
#pragma once

#include "base/bytes.h"
#include "publish/former_keys.h"
#include "publish/person_links.h"
#include "publish/told.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::publish {

inline store::RowsInMemory rows_to_damage() {
    store::TemporaryStore temporary;
    const auto of_letter = [](char c) { return *crypto::Pseudonym::from(std::string(16, c)); };
    const Instant now{1'800'000'000'000};
    std::vector<index::Pointer> told;
    for (const char who : {'a', 'b'}) {
        told.push_back({.person = of_letter(who),
                        .category = "test-result",
                        .newest = now + std::chrono::hours(who),
                        .source_version = 0});
        told.push_back({.person = of_letter(who), .category = "imaging", .newest = now, .source_version = 0});
    }
    std::ranges::sort(told, {}, [](const index::Pointer& one) { return std::tie(one.person, one.category); });
    REQUIRE(write_told(*temporary.store, told, now));
    store::Batch batch;
    note_aliases_told(batch, "former-1 next-001");
    std::string version;
    append_be(version, std::uint64_t{12});
    batch.put("publishdP", version);
    for (const char patient : {'p', 'q'}) {
        const OwnLink link{{of_letter(patient), of_letter('z')}, {}, {}, {}};
        batch.put(stated_row(std::string(1, patient)), encode_stated({&link, 1}));
    }
    REQUIRE(temporary.store->commit(std::move(batch)));
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::publish
