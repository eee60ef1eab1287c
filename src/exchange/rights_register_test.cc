#include "exchange/rights_register.h"

#include <doctest/doctest.h>

#include <thread>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;
using rights::ChangeKind;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    crypto::Pseudonym eva, adam;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<RightsRegister> rights;
    std::uint64_t source_version = 0;

    Fixture() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
        open();
    }
    void open(rights::RuleTable rules = {}) {
        rights.reset();
        index = *index::Index::open(*temporary.store);
        rights = *RightsRegister::open(*temporary.store, *index, {"hub", std::chrono::hours(24), std::move(rules)}, key,
                                       clock, system_random());
    }
    void publish(const crypto::Pseudonym& person, const std::string& provider, bool withdrawn = false,
                 const std::string& category = "test-result") {
        const index::Pointer pointer{person, category, clock.now(), ++source_version, withdrawn};
        REQUIRE(index->put(provider, {&pointer, 1}, {clock.now(), source_version}));
    }
    rights::Author by(const std::string& role = "patient") {
        return {.role = role,
                .user_id = "u1",
                .name = "Eva",
                .provider_id = "",
                .person = {},
                .on_behalf_of = {},
                .evidence = "",
                .warning = "w1"};
    }
    Result<std::string> opt(const crypto::Pseudonym& person, ChangeKind kind) {
        return rights->begin(person, kind, {}, by());
    }
    Result<std::string> block(const crypto::Pseudonym& person, const std::string& provider,
                              const std::string& category = "") {
        rights::Block block;
        block.scope.provider_id = provider;
        block.scope.category = category;
        block.from = clock.now();
        return rights->begin(person, ChangeKind::block, block, by());
    }
    rights::FeedPage page(std::uint64_t after, std::string_view provider = "SE1") {
        return *rights::verify_page(*rights->page(after, provider), crypto::KeySet(key.public_key()),
                                    {.hub = "hub", .provider_id = provider, .after = after, .now = clock.now()});
    }
    rights::SnapshotPage snapshot(std::string_view provider, std::optional<crypto::Pseudonym> after = {}) {
        return *rights::verify_snapshot(
            *rights->snapshot(after, provider), crypto::KeySet(key.public_key()),
            {.hub = "hub", .provider_id = provider, .number = {}, .after = after, .now = clock.now()});
    }
};

}  // namespace

TEST_CASE("choices are kept, numbered and reversible") {
    Fixture f;
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.opt(f.eva, ChangeKind::secondary_opt_out));
    const std::string block = *f.block(f.adam, "SE1");
    CHECK(f.rights->head() == 3);
    CHECK(f.rights->facts_of(f.eva)->opted_out);
    CHECK(f.rights->facts_of(f.eva)->secondary_opted_out);
    CHECK(f.rights->facts_of(f.adam)->blocks.at(0).scope.provider_id == "SE1");
    REQUIRE(f.opt(f.eva, ChangeKind::opt_in));
    REQUIRE(f.rights->end(f.adam, block, f.by()));
    CHECK(!f.rights->facts_of(f.eva)->opted_out);
    CHECK(f.rights->facts_of(f.eva)->secondary_opted_out);
    CHECK(f.rights->facts_of(f.adam)->blocks.empty());
    CHECK(f.rights->end(f.adam, block, f.by()).error().category == Category::not_found);
}

TEST_CASE("a choice made twice is one choice") {
    Fixture f;
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    const std::string first = *f.block(f.eva, "SE1");
    f.clock.advance(std::chrono::seconds(1));
    CHECK(*f.block(f.eva, "SE1") == first);
    CHECK(*f.block(f.eva, "SE1", "imaging") != first);
    CHECK(f.rights->head() == 3);
    REQUIRE(f.opt(f.adam, ChangeKind::opt_in));
    CHECK(f.rights->head() == 3);
}

TEST_CASE("the history keeps who, when and what, also of what has ended") {
    Fixture f;
    const std::string block = *f.block(f.eva, "SE1");
    f.clock.advance(std::chrono::hours(1));
    REQUIRE(f.rights->end(f.eva, block, f.by("representative")));
    const auto history = *f.rights->history(f.eva);
    REQUIRE(history.size() == 2);
    CHECK(std::get<rights::Block>(history[0].fact).fact_id == block);
    CHECK(history[0].by->warning == "w1");
    CHECK(history[1].kind == ChangeKind::end_block);
    CHECK(history[1].by->role == "representative");
    CHECK(history[1].time - history[0].time == std::chrono::hours(1));
    CHECK(f.rights->history(f.adam)->empty());
}

TEST_CASE("the nation's bounds hold") {
    Fixture f;
    rights::RuleTable rules;
    rules.granularity = {"provider"};
    f.open(rules);
    CHECK(f.block(f.eva, "SE1"));
    CHECK(f.block(f.eva, "SE1", "imaging").error().category == Category::invalid);
    rights::Lift lift;
    lift.provider_id = "SE2";
    lift.from = f.clock.now();
    lift.to = lift.from + std::chrono::hours(24 * 7);
    CHECK(f.rights->begin(f.eva, ChangeKind::lift, lift, f.by()));
    lift.to = lift.to + std::chrono::milliseconds(1);
    CHECK(f.rights->begin(f.eva, ChangeKind::lift, lift, f.by()).error().category == Category::invalid);
}

TEST_CASE("a provider is sent what concerns its own patients and nothing else") {
    Fixture f;
    f.publish(f.eva, "SE1");
    f.publish(f.eva, "SE2");
    REQUIRE(f.block(f.eva, "SE1"));
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.opt(f.eva, ChangeKind::secondary_opt_out));
    REQUIRE(f.opt(f.adam, ChangeKind::opt_out));
    const auto first = f.page(0);
    REQUIRE(first.changes.size() == 2);
    CHECK(first.changes[0].kind == ChangeKind::block);
    CHECK(!first.changes[0].by);
    CHECK(first.changes[1].kind == ChangeKind::opt_out);
    CHECK(first.head == 4);
    CHECK(first.complete());
    CHECK(first.lease_until == f.clock.now() + std::chrono::hours(24));
    const auto second = f.page(0, "SE2");
    REQUIRE(second.changes.size() == 1);
    CHECK(second.changes[0].kind == ChangeKind::opt_out);
    CHECK(f.page(0, "SE3").changes.empty());
    CHECK(*f.rights->number_for(f.eva, "SE1") == 2);
    CHECK(*f.rights->number_for(f.eva, "SE3") == 0);
    CHECK(*f.rights->number_for(f.adam, "SE1") == 0);
    CHECK(f.rights->page(5, "SE1").error().category == Category::invalid);
}

TEST_CASE("whoever begins to follow a person is introduced in the same step") {
    Fixture f;
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.block(f.eva, "SE2"));
    f.publish(f.eva, "SE1");
    f.publish(f.adam, "SE1");
    const auto page = f.page(0);
    REQUIRE(page.changes.size() == 1);
    CHECK(page.changes[0].kind == ChangeKind::introduce);
    CHECK(page.changes[0].number == 3);
    CHECK(std::get<rights::PersonFacts>(page.changes[0].fact).opted_out);
    CHECK(std::get<rights::PersonFacts>(page.changes[0].fact).blocks.empty());  // SE2's is not its business
    CHECK(*f.rights->number_for(f.eva, "SE1") == 3);
    // A second category tells nothing new; after the last one is gone nothing more is sent.
    f.publish(f.eva, "SE1", false, "imaging");
    CHECK(f.rights->head() == 3);
    f.publish(f.eva, "SE1", true, "imaging");
    f.publish(f.eva, "SE1", true);
    REQUIRE(f.opt(f.eva, ChangeKind::opt_in));
    CHECK(f.page(3).changes.empty());
    CHECK(*f.rights->number_for(f.eva, "SE1") == 0);
    CHECK(f.snapshot("SE1").persons.empty());
}

TEST_CASE("whoever follows a person again learns that nothing holds any more; whoever never did learns nothing") {
    Fixture f;
    f.publish(f.eva, "SE1");
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    f.publish(f.eva, "SE1", true);
    REQUIRE(f.opt(f.eva, ChangeKind::opt_in));
    f.publish(f.eva, "SE1");
    f.publish(f.eva, "SE2");
    rights::PersonFacts copy;
    for (const rights::FactChange& change : f.page(0).changes) REQUIRE(rights::apply(copy, change));
    CHECK(copy.plain());
    CHECK(*f.rights->number_for(f.eva, "SE1") == 3);
    CHECK(f.page(0, "SE2").changes.empty());
    // And once more, with nothing chosen between.
    f.publish(f.eva, "SE1", true);
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    f.publish(f.eva, "SE1");
    for (const rights::FactChange& change : f.page(3).changes) REQUIRE(rights::apply(copy, change));
    CHECK(copy.opted_out);
}

TEST_CASE("a snapshot holds everybody whom the provider follows, as far as it concerns the provider") {
    Fixture f;
    f.publish(f.eva, "SE1");
    f.publish(f.adam, "SE1");
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.block(f.adam, "SE1"));
    REQUIRE(f.block(f.adam, "SE2"));
    const auto page = f.snapshot("SE1");
    CHECK(page.last);
    CHECK(page.number == 3);
    REQUIRE(page.persons.size() == 2);
    CHECK(page.persons[0].facts.opted_out);
    CHECK(page.persons[1].facts.blocks.size() == 1);
    const auto rest = f.snapshot("SE1", f.eva);
    REQUIRE(rest.persons.size() == 1);
    CHECK(rest.persons[0].person == f.adam);
    CHECK(f.snapshot("SE2").persons.empty());
}

TEST_CASE("numbers go on after a restart") {
    Fixture f;
    f.publish(f.eva, "SE1");
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    f.rights.reset();
    f.index.reset();
    f.temporary.reopen();
    f.open();
    CHECK(f.rights->facts_of(f.eva)->opted_out);
    REQUIRE(f.block(f.eva, "SE1"));
    CHECK(f.rights->head() == 2);
    CHECK(f.page(0).changes.size() == 2);
}

TEST_CASE("only those whom a change is addressed to are woken") {
    Fixture f;
    f.publish(f.eva, "SE1");
    std::vector<std::string> told;
    f.rights->on_change(
        [&](std::span<const std::string> providers) { told.assign(providers.begin(), providers.end()); });
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    CHECK(told == std::vector<std::string>{"SE1"});
    REQUIRE(f.block(f.eva, "SE2"));
    CHECK(told.empty());
    f.publish(f.eva, "SE2");
    CHECK(told == std::vector<std::string>{"SE2"});
}

TEST_CASE("a mandate is found from both sides until it is revoked") {
    Fixture f;
    rights::Mandate mandate;
    mandate.representative = f.adam;
    mandate.from = f.clock.now();
    const std::string id = *f.rights->begin(f.eva, ChangeKind::mandate, mandate, f.by(), {"Eva", "Adam"});
    CHECK(f.rights->facts_of(f.eva)->mandates.at(0).fact_id == id);
    CHECK(*f.rights->represented_by(f.adam) == std::vector{f.eva});
    CHECK(f.rights->represented_by(f.eva)->empty());
    CHECK(f.rights->names_of(f.eva, id)->representative == "Adam");
    REQUIRE(f.rights->end(f.eva, id, f.by()));
    CHECK(f.rights->represented_by(f.adam)->empty());
    CHECK(f.rights->facts_of(f.eva)->mandates.empty());
}

TEST_CASE("of changes and pointers that come at once none is lost") {
    Fixture f;
    std::jthread publishing([&] {
        for (int i = 0; i < 40; ++i) f.publish(f.eva, "SE1", i % 2 == 1);
    });
    for (int i = 0; i < 40; ++i) REQUIRE(f.opt(f.eva, i % 2 == 0 ? ChangeKind::opt_out : ChangeKind::opt_in));
    publishing.join();
    f.publish(f.eva, "SE1");
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    // What the provider was sent comes to the same sum.
    rights::PersonFacts sum;
    std::uint64_t at = 0;
    for (rights::FeedPage page = f.page(0);; page = f.page(at)) {
        for (const auto& change : page.changes) REQUIRE(rights::apply(sum, change));
        at = page.upto;
        if (page.complete()) break;
    }
    CHECK(sum.opted_out);
    CHECK(at == f.rights->head());
}
