#include "records/records.h"

#include <doctest/doctest.h>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

TEST_CASE("a resource is created, read, updated, deleted and made again") {
    Fixture f;
    const Outcome made = f.create(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},
        "valueQuantity":{"value":1.10},"subject":{"reference":"Patient/p1"}})");
    REQUIRE(made.status == 201);
    CHECK(made.version == 1);
    const std::string id = made.touched.at(0).id;
    CHECK(made.location == "Observation/" + id + "/_history/1");
    CHECK(made.touched[0].patient == "p1");
    CHECK(*made.body == R"({"resourceType":"Observation","id":")" + id +
                            R"(","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z"},"status":"final","code":{"text":"x"},)" +
                            R"("valueQuantity":{"value":1.10},"subject":{"reference":"Patient/p1"}})");

    const Outcome read = f.records->read("Observation", id, {});
    REQUIRE(read.ok());
    CHECK(*read.body == *made.body);
    CHECK(read.version == 1);

    f.clock.advance(std::chrono::seconds(1));
    const Outcome second = f.update("Observation", id, R"({"resourceType":"Observation","id":")" + id +
                                    R"(","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/p1"}})");
    CHECK(second.status == 200);
    CHECK(second.version == 2);
    CHECK(f.records->vread("Observation", id, 1, {}).ok());
    CHECK(*f.records->vread("Observation", id, 1, {}).body == *made.body);
    CHECK(*f.records->vread("Observation", id, 2, {}).body == *second.body);
    CHECK(f.records->vread("Observation", id, 3, {}).status == 404);

    CHECK(f.records->remove("Observation", id, {}).status == 204);
    const Outcome gone = f.records->read("Observation", id, {});
    CHECK(gone.status == 410);
    CHECK(gone.version == 3);
    CHECK(gone.touched.at(0).patient == "p1");
    CHECK(f.records->vread("Observation", id, 3, {}).status == 410);
    CHECK(f.records->vread("Observation", id, 2, {}).ok());
    CHECK(f.records->remove("Observation", id, {}).status == 204);
    CHECK(f.records->read("Observation", id, {}).version == 3);

    const Outcome back = f.update("Observation", id, R"({"resourceType":"Observation","id":")" + id +
                                  R"(","status":"final","code":{"text":"x"}})");
    CHECK(back.status == 201);
    CHECK(back.version == 4);
    const auto history = f.parsed(f.records->history("Observation", id, {}, {}));
    CHECK(history.root()["entry"].size() == 4);
    CHECK(history.root()["entry"][std::size_t{1}]["request"]["method"].text() == "DELETE");
    CHECK(history.root()["entry"][std::size_t{3}]["resource"]["meta"]["versionId"].text() == "1");
}

TEST_CASE("what does not fit is refused with one clear issue") {
    Fixture f;
    struct Case {
        const char* body;
        const char* type;
        const char* id;
        int status;
    };
    const Case cases[] = {
        {R"({"resourceType":"Patient","id":"a"})", "Observation", "a", 400},
        {R"({"resourceType":"Patient","id":"a"})", "Patient", "b", 400},
        {R"({"resourceType":"Patient"})", "Patient", "b", 400},
        {R"({"resourceType":"Patient","id":"b"})", "Patient", "b_", 400},
        {R"({"resourceType":"Nonsense","id":"b"})", "Nonsense", "b", 404},
        {R"({"resourceType":"Patient","id":"b","gender":"plenty"})", "Patient", "b", 422},
        {R"({"resourceType":"Patient","id":"b","unknown":1})", "Patient", "b", 422},
        {R"([1])", "Patient", "b", 400},
    };
    for (const Case& c : cases) {
        CAPTURE(c.body);
        const Outcome out = f.update(c.type, c.id, c.body);
        CHECK(out.status == c.status);
        CHECK(!out.issues.empty());
        CHECK(out.body == nullptr);
    }
    CHECK(f.records->read("Patient", "b", {}).status == 404);
    CHECK(f.records->read("Nonsense", "b", {}).status == 404);
    CHECK(f.records->read("Patient", "../x", {}).status == 404);
}

TEST_CASE("If-Match") {
    Fixture f;
    const std::string p = R"({"resourceType":"Patient","id":"p"})";
    CHECK(f.update("Patient", "p", p, 1).status == 412);
    CHECK(f.update("Patient", "p", p).status == 201);
    CHECK(f.update("Patient", "p", p, 1).status == 200);
    CHECK(f.update("Patient", "p", p, 1).status == 412);
    CHECK(f.records->remove("Patient", "p", {}, {.if_match = 1}).status == 412);
    CHECK(f.records->remove("Patient", "p", {}, {.if_match = 2}).status == 204);
    CHECK(f.update("Patient", "p", p, 3).status == 412);
}

TEST_CASE("big bodies lie in a row of their own and come back whole") {
    Fixture f;
    std::string noise;
    for (int i = 0; i < 3000; ++i) noise += uuid(system_random());
    const std::string big = R"({"resourceType":"Patient","id":"p","address":[{"text":")" + noise + R"("}]})";
    CHECK(f.update("Patient", "p", big).status == 201);
    CHECK(f.records->read("Patient", "p", {}).body->find(noise) != std::string::npos);
    CHECK(f.update("Patient", "p", R"({"resourceType":"Patient","id":"p"})").status == 200);
    CHECK(f.records->vread("Patient", "p", 1, {}).body->find(noise) != std::string::npos);
    CHECK(f.records->read("Patient", "p", {}).body->find(noise) == std::string::npos);
    CHECK(f.update("Patient", "p", big).status == 200);
    CHECK(f.search_ids("Patient", "_id=p") == "p");
    CHECK(f.records->read("Patient", "p", {}).body->find(noise) != std::string::npos);
}

TEST_CASE("a transaction happens whole, with its references") {
    Fixture f;
    const Outcome out = f.bundle(R"({"resourceType":"Bundle","type":"transaction","entry":[
        {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","request":{"method":"POST","url":"Patient"},
         "resource":{"resourceType":"Patient","identifier":[{"system":"s","value":"v"}]}},
        {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","request":{"method":"POST","url":"Observation"},
         "resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"l","code":"c"}]},
          "subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}}},
        {"request":{"method":"GET","url":"Observation?code=c"}}]})");
    REQUIRE(out.status == 200);
    const auto parsed = f.parsed(out);
    const auto entries = parsed.root()["entry"];
    CHECK(entries.size() == 3);
    CHECK(entries[std::size_t{0}]["response"]["status"].text() == "201");
    CHECK(entries[std::size_t{2}]["resource"]["total"].text() == "1");
    const std::string patient = out.touched.at(0).id;
    CHECK(out.touched.at(1).patient == patient);
    const Outcome read = f.records->read("Observation", out.touched.at(1).id, {});
    CHECK(read.body->find("\"Patient/" + patient + "\"") != std::string::npos);
    CHECK(f.search_ids("Observation", "patient=" + patient) == out.touched.at(1).id);
    CHECK(f.search_ids("Observation", "patient.identifier=s|v") == out.touched.at(1).id);

    // One bad entry: nothing happens.
    const Outcome bad = f.bundle(R"({"resourceType":"Bundle","type":"transaction","entry":[
        {"request":{"method":"PUT","url":"Patient/new"},"resource":{"resourceType":"Patient","id":"new"}},
        {"request":{"method":"PUT","url":"Patient/new2","ifMatch":"W/\"7\""},"resource":{"resourceType":"Patient","id":"new2"}}]})");
    CHECK(bad.status == 412);
    CHECK(f.records->read("Patient", "new", {}).status == 404);
}

TEST_CASE("search by patient, code, identifier and date") {
    Fixture f;
    f.put("Patient", "p1", R"("identifier":[{"system":"urn:x","value":"19121212-1212"}])");
    f.put("Patient", "p2", "");
    f.put("Observation", "o1", R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-1"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-03-01")");
    f.put("Observation", "o2", R"("status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"2-2"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-04")");
    f.put("Observation", "o3", R"("status":"final","code":{"coding":[{"code":"1-1"}]},"subject":{"reference":"Patient/p2"})");
    f.put("Observation", "o4", R"("status":"final","code":{"text":"none"},"subject":{"reference":"Group/g"})");
    struct Case {
        const char* query;
        const char* ids;
    };
    const Case cases[] = {
        {"patient=p1", "o1 o2"},
        {"patient=Patient/p1", "o1 o2"},
        {"patient=http://localhost/fhir/Patient/p1", "o1 o2"},
        {"patient=p1,p2", "o1 o2 o3"},
        {"subject=Patient/p1", "o1 o2"},
        {"subject=p2", "o3"},
        {"subject=g", "o4"},
        {"subject=Group/g", "o4"},
        {"subject:Patient=g", ""},
        {"patient=p3", ""},
        {"patient=p1&status=final", "o1"},
        {"status=final", "o1 o3 o4"},
        {"status=final,amended", "o1 o2 o3 o4"},
        {"code=1-1", "o1 o3"},
        {"code=http://loinc.org|1-1", "o1"},
        {"code=|1-1", "o3"},
        {"code=http://loinc.org|", "o1 o2"},
        {"code=http://loinc.org|1-1,http://loinc.org|2-2", "o1 o2"},
        {"code=1-1&code=2-2", ""},
        {"patient.identifier=urn:x|19121212-1212", "o1 o2"},
        {"patient.identifier=19121212-1212&code=2-2", "o2"},
        {"subject:Patient.identifier=urn:x|19121212-1212", "o1 o2"},
        {"patient.identifier=urn:y|19121212-1212", ""},
        {"date=2026-03-01", "o1"},
        {"date=2026-03", "o1"},
        {"date=ge2026-03-15", "o2"},
        {"date=lt2026-04&patient=p1", "o1"},
        {"_id=o1,o4,nope", "o1 o4"},
        {"_id=o1&patient=p2", ""},
        {"_lastUpdated=ge2020", "o1 o2 o3 o4"},
        {"_lastUpdated=lt2020", ""},
        {"", "o1 o2 o3 o4"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.query);
        CHECK(f.search_ids("Observation", c.query) == c.ids);
    }
    CHECK(f.search_ids("Patient", "identifier=urn:x|19121212-1212") == "p1");
    CHECK(f.search_ids("Patient", "identifier=19121212-1212") == "p1");
}

}  // namespace
}  // namespace idun::records
