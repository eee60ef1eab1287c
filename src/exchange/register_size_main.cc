// A register of many people, made by the register itself: everybody has something at one of 300 providers, three in a hundred have
// chosen something. tools/measure-register makes it as large as a country and starts the hub on it.
//
//     register_size STORE PEOPLE     STORE: a folder, or "postgresql:" and a libpq connection string (schema idun_hub)
//
// Ends with 1 where somebody has not what she has chosen, and nothing else.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "crypto/hash.h"
#include "exchange/rights_register.h"
#include "store/embedded.h"
#include "store/postgres.h"

using namespace idun;
using namespace idun::exchange;

namespace {

constexpr std::uint64_t kProviders = 300;
constexpr std::uint64_t kChoosers = 32;  // at once: their commits share a sync

crypto::Pseudonym nth_person(std::uint64_t place) {
    return *crypto::Pseudonym::from(
        crypto::sha256("person " + std::to_string(place)).view().substr(0, crypto::kPseudonymBytes));
}
std::string nth_provider(std::uint64_t place) { return fmt::format("SE5569{:06}-T1", place); }

// One in ten of those who have chosen stands outside, the others have one block or two.
bool has_chosen(std::uint64_t place) { return place / kProviders % 100 < 3; }
bool stands_outside(std::uint64_t place) { return place % 10 == 0; }

struct Country {
    const crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<store::Store> store;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<RightsRegister> rights;

    static Result<std::unique_ptr<Country>> open(const std::string& where) {
        constexpr std::string_view kPostgres = "postgresql:";
        auto out = std::make_unique<Country>();
        if (where.starts_with(kPostgres)) {
            TRY_ASSIGN(out->store, store::open_postgres({.connection = where.substr(kPostgres.size()), .schema = "idun_hub"}, system_clock()));
        } else {
            store::EmbeddedOptions options;
            options.folder = where;
            TRY_ASSIGN(out->store, store::open_embedded(options, system_clock()));
        }
        TRY_ASSIGN(out->index, index::Index::open(*out->store));
        TRY_ASSIGN(out->rights, RightsRegister::open(*out->store, *out->index, {"hub", std::chrono::hours(24), {}}, out->key, system_clock(), system_random()));
        return out;
    }

    Status publish(std::uint64_t people) {
        for (std::uint64_t provider = 0; provider < kProviders; ++provider) {
            std::vector<index::Pointer> pointers;
            const auto send = [&]() -> Status {
                TRY(index->put(nth_provider(provider), pointers, {system_clock().now(), 1}));
                pointers.clear();
                return {};
            };
            for (std::uint64_t place = provider; place < people; place += kProviders) {
                pointers.push_back({nth_person(place), "test-result", {1'800'000'000'000}, 1});
                if (pointers.size() == index::kBatchMax) TRY(send());
            }
            TRY(send());
        }
        return {};
    }

    Status choose(std::uint64_t place) {
        const rights::Author by{.role = "patient",
                                .user_id = "person-" + std::to_string(place),
                                .name = "Somebody",
                                .provider_id = "",
                                .person = {},
                                .on_behalf_of = {},
                                .evidence = "",
                                .warning = "urn:idun:warning:block:1"};
        if (stands_outside(place)) {
            TRY(rights->begin(nth_person(place), rights::ChangeKind::opt_out, {}, by));
            return {};
        }
        for (std::uint64_t i = 0; i <= place % 2; ++i) {
            rights::Block block;
            block.scope.provider_id = nth_provider(place % kProviders);
            block.scope.category = i == 0 ? "test-result" : "imaging";
            block.from = system_clock().now();
            TRY(rights->begin(nth_person(place), rights::ChangeKind::block, block, by));
        }
        return {};
    }

    Status choose_all(std::uint64_t people) {
        std::vector<Status> done(kChoosers);
        {
            std::vector<std::jthread> choosers;
            for (std::uint64_t chooser = 0; chooser < kChoosers; ++chooser)
                choosers.emplace_back([&, chooser] {
                    for (std::uint64_t place = chooser; place < people && done[chooser]; place += kChoosers)
                        if (has_chosen(place)) done[chooser] = choose(place);
                });
        }
        for (Status& one : done) TRY(std::move(one));
        return {};
    }

    // Of some 500 people all over it; and what one provider is sent is what those have chosen of whom it has something.
    Status check(std::uint64_t people) const {
        const auto wrong = [](const char* what) { return fail(Category::corrupt, what); };
        const std::uint64_t step = std::max<std::uint64_t>(people / 500, 1);
        for (std::uint64_t place = 0; place < people; place += step) {
            TRY_ASSIGN(const auto facts, rights->facts_of(nth_person(place)));
            const bool outside = has_chosen(place) && stands_outside(place);
            if (facts.opted_out != outside || facts.blocks.size() != (has_chosen(place) && !outside ? 1 + place % 2 : 0)) return wrong("somebody has not what she has chosen");
        }
        TRY_ASSIGN(const auto sent, rights->snapshot({}, nth_provider(1)));
        TRY_ASSIGN(const auto snapshot, rights::verify_snapshot(sent, crypto::KeySet(key.public_key()),
                                                                {.hub = "hub", .provider_id = nth_provider(1), .number = {}, .after = {}, .now = system_clock().now()}));
        std::uint64_t of_provider = 0;
        for (std::uint64_t place = 1; place < people; place += kProviders) of_provider += has_chosen(place) ? 1 : 0;
        if (snapshot.persons.size() != std::min<std::uint64_t>(of_provider, rights::kFeedChangesMax)) return wrong("a provider is sent too much or too little");
        return {};
    }
};

Status make(const std::string& where, std::uint64_t people) {
    TRY_ASSIGN(const auto country, Country::open(where));
    TRY(country->publish(people));
    TRY(country->choose_all(people));
    std::uint64_t chosen = 0;
    for (std::uint64_t place = 0; place < people; ++place) chosen += has_chosen(place) ? 1 : 0;
    std::printf("%llu people, %llu have chosen, %llu changes\n", static_cast<unsigned long long>(people), static_cast<unsigned long long>(chosen),
                static_cast<unsigned long long>(country->rights->head()));
    return country->check(people);
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t people = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
    if (people == 0) {
        std::fprintf(stderr, "usage: register_size STORE PEOPLE\n");
        return 2;
    }
    const Status made = make(argv[1], people);
    if (!made) std::fprintf(stderr, "register_size: %s\n", made.error().message.c_str());
    return made ? 0 : 1;
}
