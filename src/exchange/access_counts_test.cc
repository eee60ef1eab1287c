#include "exchange/access_counts.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::exchange;

namespace {

LoggedEntry counted_entry(const std::string& user, int patient, std::vector<std::string> categories, const std::string& works_at = "SE1") {
    LoggedEntry out{"SE1.log2", {}};
    ledger::Access& access = out.entry.access;
    access.permit = true;
    access.person.emplace().bytes.fill(static_cast<std::uint8_t>(patient));
    access.requester = {user, "", "clinician", works_at, ""};
    for (const std::string& category : categories) access.records.push_back({"Observation", "o", "1", category, "SE1"});
    return out;
}

}  // namespace

TEST_CASE("entries count once under each category, by origin, with different people and users") {
    AccessCounts counts;
    counts.add(counted_entry("anna", 1, {"imaging", "imaging", "test-result"}));
    counts.add(counted_entry("anna", 1, {"imaging"}));
    counts.add(counted_entry("bo", 2, {"imaging"}, "SE2"));
    LoggedEntry denied = counted_entry("anna", 3, {"imaging"});
    denied.entry.access.permit = false;
    counts.add(denied);
    LoggedEntry glass = counted_entry("anna", 1, {});
    glass.entry.access.break_glass = ledger::BreakGlass{"g", "life"};
    counts.add(glass);
    CHECK(counts.entries() == 5);
    REQUIRE(counts.counts().size() == 4);
    const auto& own = counts.counts().at({"imaging", "own"});
    CHECK(own.entries == 3);
    CHECK(own.denied == 1);
    CHECK(own.people.size() == 2);
    CHECK(own.users.size() == 1);
    CHECK(counts.counts().at({"test-result", "own"}).entries == 1);
    CHECK(counts.counts().at({"imaging", "other"}).people.size() == 1);
    CHECK(counts.counts().at({"", "break-glass"}).entries == 1);
    CHECK(counts.complete());
}

TEST_CASE("no word that others write makes the counts grow: an unknown category is other") {
    AccessCounts counts;
    for (int i = 0; i < 1'000; ++i) counts.add(counted_entry("anna", 1, {"word-" + std::to_string(i), "word-again", "imaging"}));
    REQUIRE(counts.counts().size() == 2);
    CHECK(counts.counts().at({"other", "own"}).entries == 1'000);  // once for each entry
    CHECK(counts.counts().at({"imaging", "own"}).entries == 1'000);
    CHECK(counts.complete());
}

TEST_CASE("people and users are held up to a bound, and that there were more is said; entries are counted on") {
    AccessCounts counts(10);
    for (int i = 0; i < 5; ++i) counts.add(counted_entry("user-" + std::to_string(i), i + 1, {"imaging"}));
    CHECK(counts.complete());
    counts.add(counted_entry("user-0", 1, {"imaging"}));
    CHECK(counts.complete());  // both are known
    counts.add(counted_entry("user-5", 1, {"imaging"}));
    CHECK_FALSE(counts.complete());
    const auto& own = counts.counts().at({"imaging", "own"});
    CHECK(own.entries == 7);
    CHECK(own.people.size() == 5);
    CHECK(own.users.size() == 5);
}
