#include "gate/rights_copy.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::gate;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::Pseudonym eva;
    std::unique_ptr<RightsCopy> copy;

    Fixture() {
        eva.bytes.fill(1);
        copy = *RightsCopy::open(*temporary.store, clock);
    }
    rights::FeedPage page(std::uint64_t after, std::vector<rights::ChangeKind> kinds, std::uint64_t head) {
        rights::FeedPage page;
        page.after = after;
        page.head = head;
        page.upto = after + kinds.size();
        page.lease_until = clock.now() + std::chrono::seconds(60);
        for (const rights::ChangeKind kind : kinds) {
            rights::FactChange change;
            change.number = ++after;
            change.person = eva;
            change.kind = kind;
            change.time = clock.now();
            if (kind == rights::ChangeKind::block)
                change.fact = rights::Block{.fact_id = "f1", .scope = {.provider_id = "SE1"}};
            if (kind == rights::ChangeKind::end_block) change.fact = std::string("f1");
            page.changes.push_back(change);
        }
        return page;
    }
};

}  // namespace

using enum rights::ChangeKind;

TEST_CASE("a copy that never heard of the hub decides nothing") {
    Fixture f;
    CHECK(f.copy->facts_of(f.eva).error().category == Category::unavailable);
}

TEST_CASE("a complete page gives facts and a lease, which runs out") {
    Fixture f;
    REQUIRE(f.copy->apply(f.page(0, {opt_out, block}, 2)));
    CHECK(f.copy->facts_of(f.eva)->opted_out);
    CHECK(f.copy->facts_of(f.eva)->blocks.size() == 1);
    f.clock.advance(std::chrono::seconds(59));
    CHECK(f.copy->facts_of(f.eva));
    f.clock.advance(std::chrono::seconds(1));
    CHECK(!f.copy->facts_of(f.eva));
    REQUIRE(f.copy->apply(f.page(2, {}, 2)));
    CHECK(f.copy->facts_of(f.eva));
}

TEST_CASE("a page that leaves something out gives no lease") {
    Fixture f;
    REQUIRE(f.copy->apply(f.page(0, {opt_out}, 2)));
    CHECK(!f.copy->facts_of(f.eva));
    REQUIRE(f.copy->apply(f.page(1, {opt_in}, 2)));
    CHECK(!f.copy->facts_of(f.eva)->opted_out);
}

TEST_CASE("a page that does not continue the copy changes nothing") {
    Fixture f;
    CHECK(f.copy->apply(f.page(1, {opt_out}, 2)).error().category == Category::conflict);
    CHECK(f.copy->number() == 0);
}

TEST_CASE("facts and lease survive a restart") {
    Fixture f;
    REQUIRE(f.copy->apply(f.page(0, {block}, 1)));
    f.copy.reset();
    f.temporary.reopen();
    f.copy = *RightsCopy::open(*f.temporary.store, f.clock);
    CHECK(f.copy->number() == 1);
    CHECK(f.copy->facts_of(f.eva)->blocks.size() == 1);
    REQUIRE(f.copy->apply(f.page(1, {end_block}, 2)));
    CHECK(f.copy->facts_of(f.eva)->blocks.empty());
}

namespace {

rights::Block inner_block() {
    return {.fact_id = "i1", .layer = rights::Layer::inner, .scope = {.provider_id = "SE1", .unit_id = "U1"}};
}

}  // namespace

TEST_CASE("the copy knows whether anybody has blocks between units") {
    Fixture f;
    CHECK(!f.copy->has_inner_blocks());
    auto page = f.page(0, {block}, 1);
    REQUIRE(f.copy->apply(page));
    CHECK(!f.copy->has_inner_blocks());
    page = f.page(1, {block}, 2);
    page.changes[0].fact = inner_block();
    REQUIRE(f.copy->apply(page));
    CHECK(f.copy->has_inner_blocks());
    f.copy = *RightsCopy::open(*f.temporary.store, f.clock);
    CHECK(f.copy->has_inner_blocks());
    page = f.page(2, {end_block}, 3);
    page.changes[0].fact = std::string("i1");
    REQUIRE(f.copy->apply(page));
    CHECK(!f.copy->has_inner_blocks());
}

TEST_CASE("own staff go by what was known last") {
    Fixture f;
    REQUIRE(f.copy->apply(f.page(0, {block}, 1)));
    f.clock.advance(std::chrono::hours(1));
    CHECK(!f.copy->facts_of(f.eva));
    CHECK(f.copy->known_of(f.eva)->blocks.size() == 1);
}

TEST_CASE("a snapshot takes the place of all there was, and the feed goes on after it") {
    Fixture f;
    REQUIRE(f.copy->apply(f.page(0, {opt_out, block}, 2)));
    crypto::Pseudonym bo;
    bo.bytes.fill(2);
    rights::PersonFacts facts;
    facts.number = 12;
    facts.blocks = {inner_block()};
    std::vector<rights::SnapshotPage> parts(2);
    parts[0].number = parts[1].number = 10;
    parts[1].last = true;
    parts[1].persons = {{bo, facts}};
    CHECK(f.copy->replace(std::span(parts).first(1)).error().category == Category::invalid);
    REQUIRE(f.copy->replace(parts));
    CHECK(f.copy->number() == 10);
    CHECK(f.copy->known_of(f.eva)->plain());
    CHECK(f.copy->known_of(bo)->blocks.size() == 1);
    CHECK(f.copy->has_inner_blocks());
    // What a later part held already is passed over.
    auto page = f.page(10, {block, opt_out}, 12);
    page.changes[0].person = bo;
    page.changes[0].fact = inner_block();
    REQUIRE(f.copy->apply(page));
    CHECK(f.copy->known_of(f.eva)->opted_out);
    CHECK(f.copy->known_of(bo)->blocks.size() == 1);
    f.copy = *RightsCopy::open(*f.temporary.store, f.clock);
    CHECK(f.copy->known_of(f.eva)->opted_out);
    CHECK(f.copy->known_of(f.eva)->blocks.empty());
    parts[0].number = 5;
    CHECK(f.copy->replace(parts).error().category == Category::conflict);
}

TEST_CASE("one waits for a number, for a time") {
    Fixture f;
    CHECK(!f.copy->wait_for(1, std::chrono::milliseconds(1)));
    REQUIRE(f.copy->apply(f.page(0, {opt_out}, 1)));
    CHECK(f.copy->wait_for(1, std::chrono::milliseconds(0)));
}
