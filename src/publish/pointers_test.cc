#include "publish/pointers.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"
#include "crypto/hash.h"
#include "fhir/definitions.h"
#include "store/testing.h"

using namespace idun;

namespace {

// 16 bytes for identifiers of one system.
std::optional<std::string> person_key(std::string_view system, std::string_view value) {
    if (system != "urn:person") return std::nullopt;
    return std::string(crypto::sha256(value).view().substr(0, 16));
}

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    std::unique_ptr<records::Records> records;
    store::Version published;

    Fixture() {
        records::Options options;
        options.person_key = person_key;
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), options);
    }
    void put(const std::string& type, const std::string& id, const std::string& members) {
        clock.advance(std::chrono::seconds(1));
        const auto document = *json::Document::parse(R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + members + "}");
        REQUIRE(records->update(type, id, document.root(), {}).ok());
    }
    void patient(const std::string& id, const std::string& value) {
        put("Patient", id, R"("identifier":[{"system":"urn:person","value":")" + value + "\"}]");
    }
    void condition(const std::string& id, const std::string& patient) {
        put("Condition", id, R"("subject":{"reference":"Patient/)" + patient + "\"}");
    }
    void prescription(const std::string& id, const std::string& patient) {
        put("MedicationRequest", id,
            R"("status":"active","intent":"order","medicationCodeableConcept":{"text":"x"},"subject":{"reference":"Patient/)" +
                patient + "\"}");
    }
    // What there is to publish since the last call: "PERSON category" or "PERSON -category".
    std::set<std::string> news(const std::vector<std::string>& people) {
        const auto changes = *temporary.store->changes(published, 1000);
        const auto snapshot = *temporary.store->snapshot();
        const auto pointers = *publish::pointers_of(changes, *records, *snapshot);
        if (!changes.empty()) published = changes.back().version;
        std::set<std::string> out;
        for (const index::Pointer& p : pointers)
            for (const std::string& name : people)
                if (p.person.view() == *person_key("urn:person", name))
                    out.insert(name + (p.withdrawn ? " -" : " ") + p.category);
        return out;
    }
};

}  // namespace

using Set = std::set<std::string>;

TEST_CASE("records of a known person become pointers, by category") {
    Fixture f;
    f.patient("p1", "eva");
    f.condition("c1", "p1");
    f.prescription("m1", "p1");
    CHECK(f.news({"eva"}) == Set{"eva patient-summary", "eva eprescription"});
    CHECK(f.news({"eva"}).empty());
    f.condition("c1", "p1");
    CHECK(f.news({"eva"}) == Set{"eva patient-summary"});
}

TEST_CASE("a person who becomes known later brings all that was there") {
    Fixture f;
    f.condition("c1", "p1");
    CHECK(f.news({"eva"}).empty());
    f.patient("p1", "eva");
    CHECK(f.news({"eva"}) == Set{"eva patient-summary"});
}

TEST_CASE("the last record of a category takes its pointer with it") {
    Fixture f;
    f.patient("p1", "eva");
    f.condition("c1", "p1");
    f.condition("c2", "p1");
    f.news({"eva"});
    REQUIRE(f.records->remove("Condition", "c1", {}).ok());
    CHECK(f.news({"eva"}) == Set{"eva patient-summary"});
    REQUIRE(f.records->remove("Condition", "c2", {}).ok());
    CHECK(f.news({"eva"}) == Set{"eva -patient-summary"});
}

TEST_CASE("a record that moves to another patient leaves nothing behind") {
    Fixture f;
    f.patient("p1", "eva");
    f.patient("p2", "adam");
    f.condition("c1", "p1");
    f.news({"eva", "adam"});
    f.condition("c1", "p2");
    CHECK(f.news({"eva", "adam"}) == Set{"eva -patient-summary", "adam patient-summary"});
}

TEST_CASE("a corrected identifier moves everything to the right person") {
    Fixture f;
    f.patient("p1", "eva");
    f.condition("c1", "p1");
    f.news({"eva", "adam"});
    f.patient("p1", "adam");
    const Set news = f.news({"eva", "adam"});
    CHECK(news.contains("adam patient-summary"));
    CHECK(news.contains("eva -patient-summary"));
}

TEST_CASE("two Patients of one person count together") {
    Fixture f;
    f.patient("p1", "eva");
    f.patient("p2", "eva");
    f.condition("c1", "p1");
    f.condition("c2", "p2");
    f.news({"eva"});
    REQUIRE(f.records->remove("Condition", "c1", {}).ok());
    CHECK(f.news({"eva"}) == Set{"eva patient-summary"});
}

TEST_CASE("what is no note of records is passed over, a broken note is not") {
    Fixture f;
    const auto snapshot = *f.temporary.store->snapshot();
    const store::Change foreign[] = {{{1}, "something else"}};
    CHECK(publish::pointers_of(foreign, *f.records, *snapshot)->empty());
    f.patient("p1", "eva");
    auto broken = *f.temporary.store->changes({}, 1);
    REQUIRE(broken.size() == 1);
    broken[0].note.pop_back();
    CHECK(publish::pointers_of(broken, *f.records, *snapshot).error().category == Category::corrupt);
}
