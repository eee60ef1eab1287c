// The rights register and a person with several numbers.
#include <doctest/doctest.h>

#include "exchange/delivery.h"
#include "exchange/notices.h"
#include "exchange/rights_register.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;
using rights::ChangeKind;

namespace {

constexpr auto nothing_more = [](std::span<const people::Regrouped>, store::Batch&) {};

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    crypto::Pseudonym before, now;
    std::unique_ptr<people::Links> links;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<RightsRegister> rights;
    const people::By by_operator{people::By::Who::the_operator, "op"};

    Fixture() {
        before.bytes.fill(1);
        now.bytes.fill(2);
        links = *people::Links::open(*temporary.store, clock);
        index = *index::Index::open(*temporary.store, {.joined = true});
        rights = *RightsRegister::open(*temporary.store, *index, {"hub", std::chrono::hours(24), {}, links.get()}, key, clock, system_random());
        publish(before, "OLD", 1);
        publish(now, "NEW", 2);
    }
    void publish(const crypto::Pseudonym& person, const std::string& provider, std::uint64_t version) {
        const index::Pointer pointer{person, "test-result", clock.now(), version, false};
        REQUIRE(index->put(provider, {&pointer, 1}, {clock.now(), version}));
    }
    void link() { REQUIRE(*links->state({{before, now}, {}, people::Ground::replaced, {}, ""}, by_operator, nothing_more)); }
    void alias() {
        const people::AliasPair pair{{before, "former__"}, {now, "next____"}};
        REQUIRE(links->alias({&pair, 1}, {people::By::Who::provider, "NEW"})->front() == people::Aliased::joined);
    }
    // The hub was named the number itself.
    void settle() { REQUIRE(links->settle(std::vector<crypto::Alias>{{now, "next____"}, {before, "former__"}}, by_operator)); }
    void separate() { REQUIRE(*links->separate(before, now, by_operator, "", nothing_more)); }
    std::string block(const crypto::Pseudonym& person) {
        return *rights->begin(person, ChangeKind::block, rights::Block{.fact_id = "x", .scope = {.category = "imaging"}, .from = clock.now()}, {.role = "patient"});
    }
    // What the provider's copy holds about that number when it has followed the feed from the start.
    rights::PersonFacts copy_of(const std::string& provider, const crypto::Pseudonym& person) {
        rights::PersonFacts out;
        const auto page = rights::verify_page(*rights->page(0, provider), crypto::KeySet(key.public_key()), {.hub = "hub", .provider_id = provider, .now = clock.now()});
        REQUIRE(page);
        for (const rights::FactChange& change : page->changes)
            if (change.person == person) REQUIRE(rights::apply(out, change));
        return out;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what was chosen under one number holds under the other as soon as they are linked, and no longer") {
    const std::string id = block(now);
    CHECK(copy_of("OLD", before).plain());
    link();
    REQUIRE(copy_of("OLD", before).blocks.size() == 1);
    CHECK(copy_of("OLD", before).blocks[0].fact_id == id);
    CHECK(rights->number_for(before, "OLD") == rights->head());
    CHECK(rights->facts_of(before)->blocks.size() == 1);
    CHECK(rights->current(before)->size() == 1);
    CHECK(rights->versions(before, "", UINT64_MAX, 10)->versions.size() == 1);
    separate();
    CHECK(copy_of("OLD", before).plain());
    CHECK(copy_of("NEW", now).blocks.size() == 1);  // where it was chosen
}

TEST_CASE_FIXTURE(Fixture, "choosing with either number reaches every node under the number that it has; ending is of that number") {
    link();
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    CHECK(copy_of("NEW", now).opted_out);
    CHECK(copy_of("OLD", before).opted_out);
    CHECK(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}).error().category == Category::conflict);
    CHECK(copy_of("NEW", now).opted_out);
    REQUIRE(rights->begin(before, ChangeKind::opt_in, {}, {.role = "patient"}));
    CHECK(!copy_of("NEW", now).opted_out);
    CHECK(!copy_of("OLD", before).opted_out);
    REQUIRE(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}));  // nothing to end
    const std::string id = block(before);
    CHECK(copy_of("NEW", now).blocks.size() == 1);
    CHECK(rights->end(now, id, {.role = "patient"}).error().category == Category::conflict);
    CHECK(rights->end(now, "another", {.role = "patient"}).error().category == Category::not_found);
    REQUIRE(rights->end(before, id, {.role = "patient"}));
    CHECK(copy_of("NEW", now).blocks.empty());
    CHECK(copy_of("OLD", before).blocks.empty());
    CHECK(rights->versions(now, "", UINT64_MAX, 2)->versions.size() == 2);
    CHECK(rights->versions(now, "", UINT64_MAX, 2)->next != 0);
    CHECK(rights->versions(now, "", UINT64_MAX, 2)->total == 4);
}

TEST_CASE_FIXTURE(Fixture, "whatever is chosen and ended while linked, after unlinking the other's choices are as they were") {
    const std::string id = block(now);
    REQUIRE(rights->begin(now, ChangeKind::opt_out, {}, {.role = "patient"}));
    const auto as_it_was = rights->facts_under(now).value();
    link();
    const auto end_all = [&] {
        CHECK(!rights->end(before, id, {.role = "patient"}));
        CHECK(!rights->begin(before, ChangeKind::opt_in, {}, {.role = "patient"}));
    };
    end_all();
    CHECK(block(before) != id);  // judged by what stands under her own number alone
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    REQUIRE(rights->begin(before, ChangeKind::secondary_opt_out, {}, {.role = "patient"}));
    REQUIRE(rights->begin(before, ChangeKind::opt_in, {}, {.role = "patient"}));  // her own
    CHECK(rights->facts_of(before)->opted_out);
    end_all();
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    separate();
    CHECK(rights->facts_of(now).value() == as_it_was);
    CHECK(copy_of("NEW", now).blocks.size() == 1);
    CHECK(copy_of("NEW", now).opted_out);
    CHECK(rights->facts_of(before)->opted_out);  // and what she chose is hers
    CHECK(rights->facts_of(before)->blocks.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "opted out under both: one choice, whose versions count over both") {
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    REQUIRE(rights->begin(now, ChangeKind::opt_out, {}, {.role = "patient"}));
    CHECK(rights->current(now)->front().version == 1);
    link();
    for (const auto& number : {before, now}) {
        const auto current = rights->current(number).value();
        REQUIRE(current.size() == 1);
        CHECK(current[0].choice_id == RightsRegister::kOptOut);
        CHECK(current[0].version == 2);
        const auto page = rights->versions(number, RightsRegister::kOptOut, UINT64_MAX, 10).value();
        REQUIRE(page.versions.size() == 2);
        CHECK(page.total == 2);
        CHECK(page.versions[0].version == 2);
        CHECK(page.versions[1].version == 1);
        CHECK(rights->versions(number, "", page.versions[0].change.number, 10)->versions[0].version == 1);
    }
    REQUIRE(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}));
    CHECK(rights->facts_of(now)->opted_out);  // under the other
    REQUIRE(rights->begin(before, ChangeKind::opt_in, {}, {.role = "patient"}));
    CHECK(!rights->facts_of(now)->opted_out);
    CHECK(rights->versions(now, "", UINT64_MAX, 1)->versions[0].version == 4);
    separate();
    CHECK(!copy_of("OLD", before).opted_out);
}

TEST_CASE_FIXTURE(Fixture, "a provider that begins to follow a number is introduced to the whole") {
    block(now);
    link();
    publish(before, "THIRD", 3);
    CHECK(copy_of("THIRD", before).blocks.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "links without choices send nobody anything") {
    const auto at = rights->head();
    link();
    separate();
    CHECK(rights->head() == at);
}

TEST_CASE_FIXTURE(Fixture, "messages of all numbers are one list") {
    Notices notices(*temporary.store, clock, system_random(), links.get());
    for (int i = 0; i < 5; ++i) {
        store::Batch batch;
        notices.add(batch, i % 2 == 0 ? before : now, NoticeKind::identity, "sv " + std::to_string(i), "en");
        REQUIRE(temporary.store->commit(std::move(batch)));
        clock.advance(std::chrono::seconds(1));
    }
    CHECK(notices.about(before, "", 10)->notices.size() == 3);
    link();
    std::string all;
    std::string next;
    do {
        const auto page = notices.about(now, next, 2);
        REQUIRE(page);
        for (const Notice& one : page->notices) all += one.sv.back();
        next = page->next;
    } while (!next.empty());
    CHECK(all == "43210");
    REQUIRE(notices.want(now, false));
    CHECK(notices.wanted(before).value());  // each number has its own setting
    REQUIRE(notices.want(before, true));
    CHECK(!notices.wanted(now).value());
}

// The blind key has changed: `before` and `now` are one number's.
TEST_CASE_FIXTURE(Fixture, "what was chosen under a former key reaches nodes that know the next one alone, and ends under either name") {
    const std::string id = block(before);
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    CHECK(copy_of("NEW", now).plain());
    alias();
    CHECK(copy_of("NEW", now).blocks.size() == 1);
    CHECK(copy_of("NEW", now).opted_out);
    CHECK(rights->number_for(now, "NEW") == rights->head());
    settle();
    REQUIRE(rights->end(now, id, {.role = "patient"}));
    REQUIRE(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}));
    CHECK(copy_of("NEW", now).plain());
    CHECK(copy_of("OLD", before).plain());
    CHECK(rights->end(now, id, {.role = "patient"}).error().category == Category::not_found);
    // And the other way, for a login that has not followed yet.
    const std::string again = block(now);
    CHECK(copy_of("OLD", before).blocks.size() == 1);
    REQUIRE(rights->end(before, again, {.role = "patient"}));
    CHECK(copy_of("OLD", before).plain());
}

TEST_CASE_FIXTURE(Fixture, "an opt-out under both keys, of before they were known to be one number's, ends under both") {
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    REQUIRE(rights->begin(now, ChangeKind::opt_out, {}, {.role = "patient"}));
    alias();
    settle();
    REQUIRE(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}));
    CHECK(!rights->facts_of(before)->opted_out);
    CHECK(copy_of("OLD", before).plain());
    CHECK(copy_of("NEW", now).plain());
}

TEST_CASE_FIXTURE(Fixture, "who is called the same number by a node alone ends and erases nothing of hers") {
    const std::string hers = block(before);
    REQUIRE(rights->begin(before, ChangeKind::opt_out, {}, {.role = "patient"}));
    Notices notices(*temporary.store, clock, system_random(), links.get());
    REQUIRE(notices.want(before, false));
    alias();
    CHECK(rights->end(now, hers, {.role = "patient"}).error().category == Category::conflict);
    CHECK(rights->begin(now, ChangeKind::opt_in, {}, {.role = "patient"}).error().category == Category::conflict);
    REQUIRE(notices.want(now, true));
    // What is chosen under this name stands under it, also when the same stands under the other.
    const std::string own = block(now);
    CHECK(own != hers);
    REQUIRE(rights->begin(now, ChangeKind::opt_out, {}, {.role = "patient"}));
    separate();
    CHECK(!notices.wanted(before).value());
    for (const auto& person : {before, now}) {
        CHECK(rights->facts_of(person)->opted_out);
        CHECK(rights->facts_of(person)->blocks.size() == 1);
    }
    REQUIRE(rights->end(now, own, {.role = "patient"}));
    CHECK(copy_of("OLD", before).blocks.size() == 1);
    CHECK(copy_of("NEW", now).blocks.empty());
}

TEST_CASE_FIXTURE(Fixture, "where and whether she is told she has said once, under either key") {
    Notices notices(*temporary.store, clock, system_random(), links.get());
    REQUIRE(notices.want(before, false));
    CHECK(notices.wanted(now).value());
    alias();
    CHECK(notices.wanted(now).value());  // a node may be wrong
    settle();
    CHECK(!notices.wanted(now).value());
    REQUIRE(notices.want(now, true));
    CHECK(notices.wanted(before).value());
    REQUIRE(notices.want(before, false));
    CHECK(!notices.wanted(now).value());
    const auto names = links->sure_aliases_of(now);
    REQUIRE(choose_delivery(*temporary.store, std::vector{before}, {Pace::immediate, "eva@example.org", false}));
    CHECK(delivery_of(**temporary.store->snapshot(), names)->address == "eva@example.org");
    REQUIRE(choose_delivery(*temporary.store, names, {Pace::digest, "eva@example.com", false}));
    CHECK(delivery_of(**temporary.store->snapshot(), links->sure_aliases_of(before))->address == "eva@example.com");
    CHECK(delivery_of(**temporary.store->snapshot(), before)->pace == Pace::off);
}
