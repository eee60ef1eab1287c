#include "exchange/patterns.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::exchange;

namespace {

LoggedEntry seen_by(const std::string& user, int patient) {
    LoggedEntry out;
    out.log_id = "SE1";
    ledger::Access& access = out.entry.access;
    access.person.emplace().bytes.fill(static_cast<std::uint8_t>(patient));
    access.requester = {user, "Anna", "clinician", "SE1", ""};
    access.records = {{"Condition", "c", "1", "diagnosis", "SE1"}};
    return out;
}

struct Counting {
    PatternCounter counter;
    explicit Counting(const Thresholds& thresholds = {})
        : Counting(thresholds, {}) {}
    Counting(const Thresholds& thresholds, const std::vector<DeclaredCare>& unshown)
        : counter(pattern_rules(thresholds), {[](const crypto::Pseudonym& person) { return person.bytes[0] == 99; }, unshown_behind(unshown, "hub")}) {}

    std::vector<PatternFound> found(std::string_view rule) const {
        for (std::size_t i = 0; i < counter.rules().size(); ++i)
            if (counter.rules()[i].id == rule) return counter.found(i, 100);
        FAIL("no such rule");
        return {};
    }
};

}  // namespace

TEST_CASE("patients without care relation are counted once each, from the rule's number on") {
    Counting f;
    for (int patient = 1; patient <= 9; ++patient)
        for (int again = 0; again < 3; ++again) f.counter.add(seen_by("anna", patient));
    CHECK(f.found("many-patients-without-care-relation").empty());
    LoggedEntry cared = seen_by("anna", 10);
    cared.entry.access.care_relation = true;
    f.counter.add(cared);
    CHECK(f.found("many-patients-without-care-relation").empty());
    f.counter.add(seen_by("anna", 11));
    const auto found = f.found("many-patients-without-care-relation");
    REQUIRE(found.size() == 1);
    CHECK(found[0].count == 10);
    CHECK(found[0].name == "Anna");
    CHECK(f.found("other-providers-without-care-relation").empty());
    CHECK(f.counter.entries() == 29);
    CHECK(f.counter.complete());
}

TEST_CASE("readers of one patient, glasses, denials, watched people and other providers' patients") {
    Counting f;
    for (int i = 0; i < 20; ++i) f.counter.add(seen_by("u" + std::to_string(i), 1));
    REQUIRE(f.found("many-readers-of-one-patient").size() == 1);
    CHECK(f.found("many-readers-of-one-patient")[0].subject == seen_by("", 1).entry.access.person->text());
    CHECK(f.found("many-readers-of-one-patient")[0].name.empty());
    for (int i = 0; i < 3; ++i) {
        LoggedEntry glass = seen_by("bo", 2);
        glass.entry.access.break_glass = ledger::BreakGlass{"g" + std::to_string(i), "life"};
        f.counter.add(glass);
        f.counter.add(glass);
    }
    CHECK(f.found("many-glasses").size() == 1);
    for (int i = 0; i < 10; ++i) {
        LoggedEntry denied = seen_by("cia", 3);
        denied.entry.access.permit = false;
        denied.entry.index = static_cast<std::uint64_t>(i);
        f.counter.add(denied);
        LoggedEntry outside = seen_by("dan", 10 + i);
        outside.entry.access.records[0].provider_id = "SE2";
        f.counter.add(outside);
    }
    CHECK(f.found("many-denials").size() == 1);
    CHECK(f.found("other-providers-without-care-relation").size() == 1);
    LoggedEntry system = seen_by("ehr", 99);
    system.entry.access.requester.role = "system";
    f.counter.add(system);
    CHECK(f.found("watched-patient").empty());
    f.counter.add(seen_by("eva", 99));
    CHECK(f.found("watched-patient").size() == 1);
}

TEST_CASE("names that are the same count as the node has marked them") {
    Counting f;
    LoggedEntry one = seen_by("anna", 1);
    f.counter.add(one);
    CHECK(f.found("same-family-name").empty());
    one.entry.marks = ledger::kSameFamilyName;
    f.counter.add(one);
    CHECK(f.found("same-family-name").size() == 1);
    CHECK(f.found("same-name").empty());
    one.entry.marks |= ledger::kSameName;
    one.entry.access.care_relation = true;
    f.counter.add(one);
    CHECK(f.found("same-name").size() == 1);
}

TEST_CASE("thresholds are a nation's to set") {
    Counting f({{"many-readers-of-one-patient", 2}});
    f.counter.add(seen_by("anna", 1));
    CHECK(f.found("many-readers-of-one-patient").empty());
    f.counter.add(seen_by("bo", 1));
    CHECK(f.found("many-readers-of-one-patient").size() == 1);
}

TEST_CASE("what was declared counts where nothing shows it, and what bookings show does not") {
    std::vector<DeclaredCare> unshown;
    for (int patient = 1; patient <= 3; ++patient)
        unshown.push_back({*seen_by("", patient).entry.access.person, "SE1", "", "anna", "Anna", Instant{7'000'000}});
    Counting f({}, unshown);
    const auto add = [&](const std::string& user, int patient, std::int64_t ms, const std::string& log, const std::string& ticket) {
        LoggedEntry one = seen_by(user, patient);
        one.log_id = log;
        one.entry.access.time.ms = ms;
        one.entry.access.ticket_id = ticket;
        one.entry.access.care_relation = true;
        f.counter.add(one);
    };
    add("anna", 1, 7'000'000, "hub", "");
    add("anna", 2, 5'000'000, "SE2", "17-x");
    CHECK(f.found("declared-care-that-nothing-shows").empty());
    add("bo", 3, 7'000'000, "hub", "");              // did not declare it
    add("anna", 3, 7'000'000, "SE1", "");            // known at her own node
    add("anna", 3, 7'000'000 + 3'600'000, "hub", "");  // another declaration
    add("anna", 4, 7'000'000, "hub", "");            // shown
    CHECK(f.found("declared-care-that-nothing-shows").empty());
    add("anna", 3, 7'000'000, "hub", "");
    const auto found = f.found("declared-care-that-nothing-shows");
    REQUIRE(found.size() == 1);
    CHECK(found[0].subject == "anna");
    CHECK(found[0].count == 3);
}
