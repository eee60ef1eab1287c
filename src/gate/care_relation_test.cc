#include "gate/care_relation.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;

namespace {

const Instant kNow = *from_iso("2026-06-01T12:00:00Z");

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{kNow};
    rights::RuleTable rules;
    std::unique_ptr<records::Records> records =
        *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), {});

    Fixture() {
        rules.care_known_days_before = 30;
        rules.care_known_days_after = 10;
        put(R"({"resourceType":"Patient","id":"p"})");
        put(R"({"resourceType":"Patient","id":"q"})");
        put(R"({"resourceType":"Condition","id":"c","recordedDate":"2026-06-01","subject":{"reference":"Patient/p"}})");
    }
    void put(const std::string& json) {
        const auto document = *json::Document::parse(json);
        const auto outcome =
            records->update(document.root()["resourceType"].text(), document.root()["id"].text(), document.root(), {});
        REQUIRE_MESSAGE(outcome.ok(), json);
    }
    void encounter(const std::string& status, const std::string& period) {
        put(R"({"resourceType":"Encounter","id":"e","status":")" + status + R"(","class":{"code":"AMB"},"period":{)" +
            period + R"(},"subject":{"reference":"Patient/p"}})");
    }
    bool known(Instant at = kNow) {
        return *care_relation(*records, **records->snapshot(), "p", at, rules) == rights::Care::known;
    }
};

}  // namespace

TEST_CASE("encounters and episodes within the days show a care relation") {
    Fixture f;
    CHECK(!f.known());
    f.encounter("finished", R"("start":"2026-05-20","end":"2026-05-20")");
    CHECK(f.known());
    CHECK(f.known(kNow - std::chrono::hours(24 * 20)));
    CHECK(!f.known(kNow - std::chrono::hours(24 * 30)));
    CHECK(!f.known(kNow + std::chrono::hours(24 * 25)));
    f.encounter("finished", R"("start":"2026-04-01","end":"2026-04-02")");
    CHECK(!f.known());
    f.encounter("in-progress", R"("start":"2025-04-01")");
    CHECK(f.known());
    f.encounter("cancelled", R"("start":"2026-06-01")");
    CHECK(!f.known());
    f.put(
        R"({"resourceType":"EpisodeOfCare","id":"x","status":"active","patient":{"reference":"Patient/p"},"period":{"start":"2020-01-01"}})");
    CHECK(f.known());
}

TEST_CASE("a booking soon shows one too, somebody else's does not") {
    Fixture f;
    const auto appointment = [&](const std::string& patient, const std::string& day, const std::string& status) {
        f.put(R"({"resourceType":"Appointment","id":"a","status":")" + status + R"(","start":")" + day +
              R"(T10:00:00Z","end":")" + day + R"(T10:30:00Z","participant":[{"actor":{"reference":"Patient/)" +
              patient + R"("},"status":"accepted"}]})");
    };
    appointment("p", "2026-06-09", "booked");
    CHECK(f.known());
    appointment("p", "2026-06-09", "noshow");
    CHECK(!f.known());
    appointment("p", "2026-07-09", "booked");
    CHECK(!f.known());
    appointment("q", "2026-06-09", "booked");
    CHECK(!f.known());
}

TEST_CASE("what was found is kept for a minute") {
    Fixture f;
    CareRelations relations(*f.records, f.rules, f.clock);
    CHECK(relations.of("p", **f.records->snapshot()) == rights::Care::none);
    f.encounter("finished", R"("start":"2026-05-20")");
    CHECK(relations.of("p", **f.records->snapshot()) == rights::Care::none);
    f.clock.advance(std::chrono::seconds(61));
    CHECK(relations.of("p", **f.records->snapshot()) == rights::Care::known);
}
