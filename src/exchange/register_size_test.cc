// A register of many people, made by the register itself. tools/measure-register makes it large (IDUN_REGISTER_PEOPLE)
// and starts the hub on what is left in IDUN_REGISTER_FOLDER.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

#include "crypto/hash.h"
#include "exchange/rights_register.h"
#include "store/embedded.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

constexpr std::uint64_t kProviders = 300;

crypto::Pseudonym nth_person(std::uint64_t place) {
    return *crypto::Pseudonym::from(
        crypto::sha256("person " + std::to_string(place)).view().substr(0, crypto::kPseudonymBytes));
}
std::string nth_provider(std::uint64_t place) { return fmt::format("SE5569{:06}-T1", place); }

// Three in a hundred have chosen something: one in ten of them to stand outside, the others one block or two.
bool has_chosen(std::uint64_t place) { return place / kProviders % 100 < 3; }
bool stands_outside(std::uint64_t place) { return place % 10 == 0; }

struct Country {
    store::TemporaryFolder temporary;
    const crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<store::Store> store;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<RightsRegister> rights;

    Country() {
        const char* const folder = std::getenv("IDUN_REGISTER_FOLDER");
        store::EmbeddedOptions options;
        options.folder = folder ? folder : temporary.path + "/store";
        store = *store::open_embedded(options, system_clock());
        index = *index::Index::open(*store);
        rights = *RightsRegister::open(*store, *index, {"hub", std::chrono::hours(24), {}}, key, system_clock(),
                                       system_random());
    }

    // Everybody has something at one provider.
    void publish(std::uint64_t people) {
        for (std::uint64_t provider = 0; provider < kProviders; ++provider) {
            std::vector<index::Pointer> pointers;
            const auto send = [&] {
                REQUIRE(index->put(nth_provider(provider), pointers, {system_clock().now(), 1}));
                pointers.clear();
            };
            for (std::uint64_t place = provider; place < people; place += kProviders) {
                pointers.push_back({nth_person(place), "test-result", {1'800'000'000'000}, 1});
                if (pointers.size() == index::kBatchMax) send();
            }
            send();
        }
    }
    void choose(std::uint64_t place) {
        const rights::Author by{.role = "patient",
                                .user_id = "person-" + std::to_string(place),
                                .name = "Somebody",
                                .provider_id = "",
                                .person = {},
                                .on_behalf_of = {},
                                .evidence = "",
                                .warning = "urn:idun:warning:block:1"};
        if (stands_outside(place)) {
            REQUIRE(rights->begin(nth_person(place), rights::ChangeKind::opt_out, {}, by));
            return;
        }
        for (std::uint64_t i = 0; i <= place % 2; ++i) {
            rights::Block block;
            block.scope.provider_id = nth_provider(place % kProviders);
            block.scope.category = i == 0 ? "test-result" : "imaging";
            block.from = system_clock().now();
            REQUIRE(rights->begin(nth_person(place), rights::ChangeKind::block, block, by));
        }
    }
};

std::uint64_t people_wanted() {
    const char* const text = std::getenv("IDUN_REGISTER_PEOPLE");
    return text ? std::strtoull(text, nullptr, 10) : 6'000;
}

}  // namespace

TEST_CASE("a register of many people gives each her own") {
    Country country;
    const std::uint64_t people = people_wanted();
    country.publish(people);
    std::uint64_t chosen = 0;
    for (std::uint64_t place = 0; place < people; ++place) {
        if (!has_chosen(place)) continue;
        country.choose(place);
        ++chosen;
    }
    MESSAGE(people << " people, " << chosen << " have chosen, " << country.rights->head() << " changes");
    CHECK(country.rights->head() >= chosen);
    const std::uint64_t step = std::max<std::uint64_t>(people / 500, 1);
    for (std::uint64_t place = 0; place < people; place += step) {
        const auto facts = country.rights->facts_of(nth_person(place));
        REQUIRE(facts);
        const bool outside = has_chosen(place) && stands_outside(place);
        CHECK(facts->opted_out == outside);
        CHECK(facts->blocks.size() == (has_chosen(place) && !outside ? 1 + place % 2 : 0));
    }
    // What a provider is sent of it is what those have chosen of whom it has something.
    const auto snapshot = rights::verify_snapshot(
        *country.rights->snapshot({}, nth_provider(1)), crypto::KeySet(country.key.public_key()),
        {.hub = "hub", .provider_id = nth_provider(1), .number = {}, .after = {}, .now = system_clock().now()});
    REQUIRE(snapshot);
    std::uint64_t of_provider = 0;
    for (std::uint64_t place = 1; place < people; place += kProviders) of_provider += has_chosen(place) ? 1 : 0;
    CHECK(snapshot->persons.size() == std::min<std::uint64_t>(of_provider, rights::kFeedChangesMax));
}
