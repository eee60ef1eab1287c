#include "exchange/rights_register.h"

#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;
using rights::ChangeKind;

namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

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
    const auto all = *f.rights->versions(f.eva, "", kAll, 10);
    REQUIRE(all.versions.size() == 2);
    CHECK(all.total == 2);
    CHECK(all.next == 0);
    const auto& ended = all.versions[0];
    CHECK(ended.choice_id == block);
    CHECK(ended.version == 2);
    CHECK(ended.change.kind == ChangeKind::end_block);
    CHECK(ended.change.by->role == "representative");
    REQUIRE(ended.begun);
    CHECK(std::get<rights::Block>(ended.begun->fact).scope.provider_id == "SE1");
    const auto& begun = all.versions[1];
    CHECK(begun.version == 1);
    CHECK(!begun.begun);
    CHECK(begun.change.by->warning == "w1");
    CHECK(ended.change.time - begun.change.time == std::chrono::hours(1));
    CHECK(f.rights->versions(f.adam, "", kAll, 10)->versions.empty());
    CHECK(f.rights->versions(f.eva, "nonesuch", kAll, 10)->total == 0);
    CHECK(f.rights->current(f.eva)->empty());
}

TEST_CASE("the history is read in pages, of one choice or of all, and passes over protection") {
    Fixture f;
    std::vector<std::string> blocks;
    for (int i = 0; i < 5; ++i) {
        blocks.push_back(*f.block(f.eva, "SE" + std::to_string(i)));
        REQUIRE(f.opt(f.eva, i % 2 == 0 ? ChangeKind::protect : ChangeKind::unprotect));
        REQUIRE(f.opt(f.eva, i % 2 == 0 ? ChangeKind::opt_out : ChangeKind::opt_in));
    }
    std::vector<std::uint64_t> numbers;
    std::uint64_t before = kAll;
    for (int pages = 0; pages < 10 && before != 0; ++pages) {
        const auto page = *f.rights->versions(f.eva, "", before, 3);
        CHECK(page.total == 10);
        CHECK(page.versions.size() == (pages < 3 ? 3 : 1));
        for (const auto& one : page.versions) numbers.push_back(one.change.number);
        before = page.next;
    }
    CHECK(numbers == std::vector<std::uint64_t>{15, 13, 12, 10, 9, 7, 6, 4, 3, 1});
    const auto newest = *f.rights->versions(f.eva, "opt-out", kAll, 2);
    CHECK(newest.total == 5);
    REQUIRE(newest.versions.size() == 2);
    CHECK(newest.versions[0].version == 5);
    CHECK(newest.versions[0].change.kind == ChangeKind::opt_out);
    CHECK(newest.versions[1].version == 4);
    CHECK(!newest.versions[1].begun);
    const auto rest = *f.rights->versions(f.eva, "opt-out", newest.next, 10);
    CHECK(rest.versions.size() == 3);
    CHECK(rest.next == 0);
    // What holds, with the version that set it.
    const auto current = *f.rights->current(f.eva);
    REQUIRE(current.size() == 6);
    CHECK(current[0].choice_id == "opt-out");
    CHECK(current[0].version == 5);
    CHECK(f.rights->versions(f.eva, blocks[2], kAll, 10)->versions.size() == 1);
}

TEST_CASE("how much one person chooses at once and within a day is bounded, and ending is not") {
    Fixture f;
    rights::RuleTable rules;
    rules.choices_at_once_max = 3;
    rules.choices_of_day_max = 5;
    f.open(rules);
    std::vector<std::string> blocks;
    for (int i = 0; i < 3; ++i) blocks.push_back(*f.block(f.eva, "SE" + std::to_string(i)));
    const auto one_more = f.block(f.eva, "SE9");
    REQUIRE(!one_more);
    CHECK(one_more.error().category == Category::too_large);
    CHECK(one_more.error().message == "at most 3 choices hold at once: end one before the next");
    CHECK(*f.block(f.eva, "SE1") == blocks[1]);  // what holds already is none more
    CHECK(f.block(f.adam, "SE9"));               // others have their own bound
    for (const std::string& block : blocks) REQUIRE(f.rights->end(f.eva, block, f.by()));
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    REQUIRE(f.opt(f.eva, ChangeKind::opt_in));
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    const auto sixth = f.block(f.eva, "SE9");
    REQUIRE(!sixth);
    CHECK(sixth.error().category == Category::too_large);
    CHECK(sixth.error().message == "at most 5 choices are set within a day");
    CHECK(f.opt(f.eva, ChangeKind::opt_in));
    CHECK(f.opt(f.eva, ChangeKind::protect));
    f.clock.advance(std::chrono::hours(24));
    CHECK(f.block(f.eva, "SE9"));
}

TEST_CASE("a register that an earlier program wrote is refused, whole") {
    Fixture f;
    REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
    f.rights.reset();
    const auto reopened = [&] {
        f.index = *index::Index::open(*f.temporary.store);
        return RightsRegister::open(*f.temporary.store, *f.index, {"hub", std::chrono::hours(24), {}}, f.key, f.clock,
                                    system_random());
    };
    CHECK(reopened());
    store::Batch other;
    other.put("rightshdV", "3");
    REQUIRE(f.temporary.store->commit(std::move(other)));
    CHECK(reopened().error().category == Category::unsupported);
    store::Batch older;  // which wrote no format
    older.erase("rightshdV");
    REQUIRE(f.temporary.store->commit(std::move(older)));
    const auto refused = reopened();
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unsupported);
    CHECK(refused.error().message.find("format 1") != std::string::npos);
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

TEST_CASE("what a person has chosen is obeyed when the choice is acknowledged, however often she was asked about before") {
    Fixture f;
    std::atomic<bool> done = false;
    std::thread asking([&] {
        while (!done) CHECK(f.rights->facts_of(f.eva));
    });
    for (int round = 0; round < 50; ++round) {
        CHECK(!f.rights->facts_of(f.eva)->opted_out);
        REQUIRE(f.opt(f.eva, ChangeKind::opt_out));
        CHECK(f.rights->facts_of(f.eva)->opted_out);
        CHECK(!f.rights->facts_of(f.adam)->opted_out);
        REQUIRE(f.opt(f.eva, ChangeKind::opt_in));
    }
    done = true;
    asking.join();
}
