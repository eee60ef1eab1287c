#include "people/codes.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    IdentityCodes codes{*temporary.store, clock, system_random()};
    const IdentityCodes::Issuer staff{"SE1", "doctor-1", Kind::foreign};
    crypto::Pseudonym eva = *crypto::Pseudonym::from(std::string(16, 'e'));

    Result<IdentityCodes::Proved> check(const std::string& code, const std::string& who = "w") { return codes.check(code, who); }
    bool use(const IdentityCodes::Proved& proved) {
        store::Batch batch;
        IdentityCodes::use(proved, batch);
        return temporary.store->commit(std::move(batch)).has_value();
    }
};

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    return text;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a code is used once, by whoever has it, within its time") {
    const auto issued = codes.issue(eva, staff);
    REQUIRE(issued);
    CHECK(issued->code.size() == 14);
    const auto proved = check(issued->code);
    REQUIRE(proved);
    CHECK(proved->person == eva);
    CHECK(proved->issuer == staff);
    REQUIRE(check(lower(issued->code)));  // looked at is not used
    CHECK(use(*proved));
    CHECK(!use(*proved));
    CHECK(check(issued->code).error().category == Category::forbidden);
    const auto next = codes.issue(eva, {});
    CHECK(!check(next->code)->issuer.staff());
    clock.advance(kCodeLasts - std::chrono::seconds(1));
    CHECK(check(next->code));
    clock.advance(std::chrono::seconds(1));
    CHECK(check(next->code).error().category == Category::forbidden);
}

TEST_CASE_FIXTURE(Fixture, "a code is used up also by itself") {
    const auto proved = check(codes.issue(eva, staff)->code);
    REQUIRE(proved);
    CHECK(codes.use_up(*proved));
    CHECK(codes.use_up(*proved).error().category == Category::conflict);
}

TEST_CASE_FIXTURE(Fixture, "a new code takes the place of the last") {
    const auto first = codes.issue(eva, {});
    const auto second = codes.issue(eva, {});
    CHECK(!check(first->code));
    CHECK(check(second->code));
}

TEST_CASE_FIXTURE(Fixture, "guessing waits ever longer, whatever is said meanwhile") {
    const auto issued = codes.issue(eva, {});
    for (const char* wrong : {"", "AAAA-AAAA-AAAA", "too long to be a code of ours, surely"})
        CHECK(check(wrong).error().category == Category::forbidden);
    CHECK(check(issued->code).error().category == Category::busy);
    CHECK(check(issued->code, "another"));
    clock.advance(kFirstWait);
    CHECK(codes.wait_of("w")->count() == 0);
    CHECK(check("UUUU-UUUU-UUUU").error().category == Category::forbidden);
    CHECK(*codes.wait_of("w") == 2 * kFirstWait);
    CHECK(codes.wait_of("another")->count() == 0);
    clock.advance(kFirstWait);
    CHECK(check(issued->code).error().category == Category::busy);
    clock.advance(kFirstWait);
    CHECK(check(issued->code));
}

TEST_CASE_FIXTURE(Fixture, "no row holds a code") {
    const auto issued = codes.issue(eva, staff);
    std::string plain;
    for (const char c : issued->code)
        if (c != '-') plain += c;
    const auto snapshot = *temporary.store->snapshot();
    const auto chunk = snapshot->scan(store::prefix_range("personcd"));
    REQUIRE(chunk);
    CHECK(chunk->entries.size() == 2);
    for (const auto& entry : chunk->entries)
        for (const std::string& all : {entry.key, entry.value}) CHECK((all.find(plain) == std::string::npos && all.find(issued->code) == std::string::npos));
}
