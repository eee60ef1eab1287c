#include "exchange/people_counted.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

constexpr Instant kNow{1'795'000'000'000};

crypto::Pseudonym nth(unsigned number) {
    crypto::Pseudonym out;
    out.bytes.fill(static_cast<std::uint8_t>(number * 37));
    out.bytes[15] = static_cast<std::uint8_t>(number);
    out.bytes[14] = static_cast<std::uint8_t>(number >> 8);
    return out;
}

}  // namespace

// Distinct people, counted as sets of them would be; of some providers only; also after withdrawals.
TEST_CASE("people are counted as a slow twin counts them") {
    const unsigned seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 dice(seed);
    store::TemporaryStore temporary;
    const auto index = *index::Index::open(*temporary.store);
    const std::string kinds[] = {"imaging", "test-result", "other"};
    std::map<std::tuple<unsigned, unsigned, std::string>, bool> said;  // provider, person, category: is withdrawn
    for (std::uint64_t version = 1; version <= 60; ++version) {
        const unsigned provider = dice() % 12;
        if (dice() % 15 == 0) {
            if (index->withdraw("SE" + std::to_string(provider), kNow)) std::erase_if(said, [&](const auto& one) { return std::get<0>(one.first) == provider; });
            continue;
        }
        std::map<std::pair<unsigned, std::string>, bool> batch;
        for (unsigned i = dice() % 20; i > 0; --i) batch[{dice() % 300, kinds[dice() % 3]}] = dice() % 4 == 0;
        std::vector<index::Pointer> pointers;
        for (const auto& [key, withdrawn] : batch) {
            pointers.push_back({.person = nth(key.first), .category = key.second, .newest = kNow, .source_version = version, .withdrawn = withdrawn});
            said[{provider, key.first, key.second}] = withdrawn;
        }
        REQUIRE(index->put("SE" + std::to_string(provider), pointers, {kNow, version}));
    }
    REQUIRE(index->settled(std::chrono::seconds(20)));
    for (int round = 0; round < 20; ++round) {
        ProvidersByType providers;
        std::map<unsigned, std::string> type_of;
        for (unsigned provider = 0; provider < 14; ++provider)  // two that the index does not know
            if (const unsigned type = dice() % 4; type > 0) providers[type_of[provider] = "type-" + std::to_string(type)].push_back("SE" + std::to_string(provider));
        std::set<unsigned> all;
        std::map<std::string, std::set<unsigned>> by_category, by_type;
        for (const auto& [key, withdrawn] : said) {
            const auto& [provider, person, category] = key;
            const auto type = type_of.find(provider);
            if (withdrawn || type == type_of.end()) continue;
            all.insert(person);
            by_category[category].insert(person);
            by_type[type->second].insert(person);
        }
        PeopleCounted twin{.all = all.size(), .by_category = {}, .by_type = {}};
        for (const auto& [category, people] : by_category) twin.by_category[category] = people.size();
        for (const auto& [type, people] : by_type) twin.by_type[type] = people.size();
        const auto counted = people_at(*index, providers);
        REQUIRE(counted);
        CHECK(*counted == twin);
    }
    CHECK(*people_at(*index, {}) == PeopleCounted{});
}
