// One resource against a query, without a search.
#include <doctest/doctest.h>

#include "http/message.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

constexpr const char* kEncounter =
    R"({"resourceType":"Encounter","id":"e1","meta":{"lastUpdated":"2026-03-01T10:00:00Z"},"status":"in-progress",)"
    R"("class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},)"
    R"("type":[{"coding":[{"system":"urn:t","code":"a"}]}],"subject":{"reference":"Patient/p1"},)"
    R"("period":{"start":"2026-03-01"}})";

Result<bool> fits(const Fixture& f, const std::string& type, const std::string& text, const std::string& query) {
    const auto document = json::Document::parse(text);
    REQUIRE(document);
    return f.records->fits(type, document->root(), *http::parameters(query));
}

TEST_CASE("a resource that is not stored is judged as a search would judge it") {
    const Fixture f;
    for (const char* query : {"", "status=in-progress", "status=planned,in-progress", "patient=p1", "patient=Patient/p1&status=in-progress",
                              "subject=Patient/p1", "date=ge2026", "date=ge2026-03-01", "type=urn:t|a", "_id=e1", "_id=e0,e1",
                              "_lastUpdated=gt2026-02-28"}) {
        CAPTURE(query);
        const auto hit = fits(f, "Encounter", kEncounter, query);
        REQUIRE(hit);
        CHECK(*hit);
    }
    for (const char* query : {"status=finished", "patient=p2", "patient=p1&status=finished", "date=lt2026", "type=urn:u|a", "_id=e2",
                              "_lastUpdated=gt2026-03-02"}) {
        CAPTURE(query);
        const auto hit = fits(f, "Encounter", kEncounter, query);
        REQUIRE(hit);
        CHECK(!*hit);
    }
}

TEST_CASE("what cannot be asked of one resource is an error, not a miss") {
    const Fixture f;
    for (const char* query : {"nonsense=1", "date=secret", "patient.identifier=a|b"}) {
        CAPTURE(query);
        const auto hit = fits(f, "Encounter", kEncounter, query);
        REQUIRE(!hit);
        CHECK(hit.error().message.find("secret") == std::string::npos);
    }
    CHECK(!fits(f, "Nonsense", kEncounter, ""));
}

}  // namespace
}  // namespace idun::records
