#include "gate/break_glass.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"
#include "records/records.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    rights::RuleTable rules;
    crypto::Pseudonym eva;
    Glasses glasses{"SE1", key, rules, *temporary.store, clock, system_random()};
};

}  // namespace

TEST_CASE("a glass holds for who broke it, for its time, and its reason is kept") {
    Fixture f;
    const auto opened = f.glasses.open("anna", "p1", rights::Ground::health, "unconscious", {&f.eva, 1}, {"anna", "", ""});
    REQUIRE(opened);
    CHECK(opened->glass.until == f.clock.now() + std::chrono::minutes(60));
    CHECK(*f.glasses.verify(opened->token, "anna") == opened->glass);
    CHECK(**f.glasses.reason_of(opened->glass.id) == "unconscious");
    CHECK(f.glasses.verify(opened->token, "bo").error().category == Category::forbidden);
    // Restarted, with the same key.
    Glasses again{"SE1", f.key, f.rules, *f.temporary.store, f.clock, system_random()};
    CHECK(again.verify(opened->token, "anna"));
    f.clock.advance(std::chrono::minutes(60));
    CHECK(f.glasses.verify(opened->token, "anna").error().category == Category::forbidden);
}

TEST_CASE("another node's, a forged one and rubbish open nothing") {
    Fixture f;
    const auto opened = f.glasses.open("anna", "p1", rights::Ground::life, "r", {&f.eva, 1}, {"anna", "", ""});
    Glasses elsewhere{"SE2", f.key, f.rules, *f.temporary.store, f.clock, system_random()};
    CHECK(!elsewhere.verify(opened->token, "anna"));
    const auto other = crypto::SigningKey::generate(system_random());
    Glasses forger{"SE1", other, f.rules, *f.temporary.store, f.clock, system_random()};
    CHECK(!f.glasses.verify(forger.open("anna", "p1", rights::Ground::life, "r", {&f.eva, 1}, {"anna", "", ""})->token, "anna"));
    CHECK(!f.glasses.verify("", "anna"));
    CHECK(!f.glasses.verify("a.b.c", "anna"));
    CHECK(!f.glasses.verify(opened->token.substr(1), "anna"));
    CHECK(!f.glasses.verify(std::string(5000, 'a'), "anna"));
}

TEST_CASE("its row is no record: an export passes it over") {
    Fixture f;
    const auto records =
        *records::Records::open(*f.temporary.store, fhir::Definitions::r4(), f.clock, system_random(), {});
    REQUIRE(f.glasses.open("anna", "p1", rights::Ground::life, "r", {&f.eva, 1}, {"anna", "", ""}));
    std::size_t found = 0;
    CHECK(records->scan_all(**records->snapshot(), {}, [&](const records::Touched&, std::string_view) -> Status {
        ++found;
        return {};
    }));
    CHECK(found == 0);
}
