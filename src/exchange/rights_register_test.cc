#include "exchange/rights_register.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    crypto::Pseudonym eva, adam;
    std::unique_ptr<RightsRegister> rights;

    Fixture() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
        open();
    }
    void open() {
        rights = *RightsRegister::open(*temporary.store, {"hub", std::chrono::hours(24)}, key, clock, system_random());
    }
    rights::FeedPage page(std::uint64_t after, std::string_view provider = "SE1") {
        return *rights::verify_page(*rights->page(after, provider), crypto::KeySet(key.public_key()),
                                    {.hub = "hub", .provider_id = provider, .after = after, .now = clock.now()});
    }
};

}  // namespace

TEST_CASE("choices are kept, numbered and reversible") {
    Fixture f;
    REQUIRE(f.rights->opt_out(f.eva));
    const std::string block = *f.rights->block(f.adam, "SE1");
    CHECK(f.rights->head() == 2);
    CHECK(f.rights->facts_of(f.eva)->opted_out);
    CHECK(f.rights->facts_of(f.adam)->blocks.at(0).scope.provider_id == "SE1");
    REQUIRE(f.rights->opt_in(f.eva));
    REQUIRE(f.rights->unblock(f.adam, block));
    CHECK(f.rights->head() == 4);
    CHECK(!f.rights->facts_of(f.eva)->opted_out);
    CHECK(f.rights->facts_of(f.adam)->blocks.empty());
}

TEST_CASE("a choice made twice is one choice") {
    Fixture f;
    REQUIRE(f.rights->opt_out(f.eva));
    REQUIRE(f.rights->opt_out(f.eva));
    const std::string first = *f.rights->block(f.eva, "SE1");
    CHECK(*f.rights->block(f.eva, "SE1") == first);
    CHECK(f.rights->head() == 2);
    REQUIRE(f.rights->opt_in(f.adam));
    CHECK(f.rights->head() == 2);
    CHECK(f.rights->unblock(f.adam, first).error().category == Category::not_found);
}

TEST_CASE("the feed carries every change in order, with a lease") {
    Fixture f;
    CHECK(f.page(0).complete());
    REQUIRE(f.rights->opt_out(f.eva));
    REQUIRE(f.rights->block(f.adam, "SE1"));
    const rights::FeedPage page = f.page(0);
    CHECK(page.changes.size() == 2);
    CHECK(page.changes[0].number == 1);
    CHECK(page.lease_until == f.clock.now() + std::chrono::hours(24));
    CHECK(f.page(1).changes.size() == 1);
    CHECK(f.rights->page(3, "SE1").error().category == Category::invalid);
}

TEST_CASE("numbers go on after a restart") {
    Fixture f;
    REQUIRE(f.rights->opt_out(f.eva));
    f.rights.reset();
    f.temporary.reopen();
    f.open();
    CHECK(f.rights->facts_of(f.eva)->opted_out);
    REQUIRE(f.rights->block(f.eva, "SE1"));
    CHECK(f.rights->head() == 2);
}

TEST_CASE("every change is told to whoever waits for it") {
    Fixture f;
    int told = 0;
    f.rights->on_change([&] { ++told; });
    REQUIRE(f.rights->opt_out(f.eva));
    REQUIRE(f.rights->opt_in(f.eva));
    CHECK(told == 2);
}

TEST_CASE("a provider learns of blocks of its own records only") {
    Fixture f;
    REQUIRE(f.rights->block(f.eva, "SE1"));
    REQUIRE(f.rights->opt_out(f.adam));
    CHECK(f.page(0, "SE1").changes[0].kind == rights::ChangeKind::block);
    const rights::FeedPage other = f.page(0, "SE2");
    REQUIRE(other.changes.size() == 1);
    CHECK(other.changes[0].kind == rights::ChangeKind::opt_out);
    CHECK(other.complete());
}
