#include <doctest/doctest.h>

#include <map>
#include <set>

#include "records/internal/testing.h"

using namespace idun;
using namespace idun::records;

namespace {

// "Type/id" and body of what a scan gives.
std::map<std::string, std::string> scanned(const Fixture& f, ScanSelection selection) {
    std::map<std::string, std::string> out;
    const auto snapshot = f.records->snapshot();
    REQUIRE(snapshot);
    const auto status =
        f.records->scan_all(**snapshot, selection, [&](const Touched& touched, std::string_view body) -> Status {
            CHECK(out.emplace(touched.type + "/" + touched.id, body).second);
            return {};
        });
    CHECK(status);
    return out;
}

void fill(Fixture& f) {
    for (int i = 0; i < 40; ++i) {
        const std::string id = "p" + std::to_string(i);
        f.put("Patient", id, R"("active":true)");
        f.put("Observation", "o" + id, R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + id + R"("})");
        f.put("Organization", "g" + id, R"("name":"Ward")");
    }
}

}  // namespace

TEST_CASE("a scan gives every current resource once, as it is read") {
    Fixture f;
    fill(f);
    f.put("Observation", "op1", R"("status":"amended","code":{"text":"y"},"subject":{"reference":"Patient/p2"})");
    REQUIRE(f.records->remove("Patient", "p39", {}).ok());
    const auto all = scanned(f, {});
    CHECK(all.size() == 119);
    CHECK(!all.contains("Patient/p39"));
    for (const auto& [name, body] : all) {
        const auto slash = name.find('/');
        CHECK(*f.records->read(name.substr(0, slash), name.substr(slash + 1), {}).body == body);
    }
}

TEST_CASE("slices are disjoint, whole together, and cut between patients") {
    Fixture f;
    fill(f);
    std::map<std::string, std::size_t> slice_of;
    for (std::size_t slice = 0; slice < 7; ++slice) {
        for (const auto& [name, body] : scanned(f, {.slice = slice, .slices = 7})) CHECK(slice_of.emplace(name, slice).second);
    }
    CHECK(slice_of.size() == 120);
    for (int i = 0; i < 40; ++i) {
        const std::string id = "p" + std::to_string(i);
        CHECK(slice_of["Patient/" + id] == slice_of["Observation/o" + id]);
    }
}

TEST_CASE("a scan selects by type, time, person and life") {
    Fixture f;
    fill(f);
    const Instant before = f.clock.now();
    f.clock.advance(std::chrono::seconds(1));
    f.put("Organization", "late", R"("name":"New")");
    REQUIRE(f.records->remove("Observation", "op3", {}).ok());
    CHECK(scanned(f, {.types = {"Organization"}}).size() == 41);
    CHECK(scanned(f, {.about_patients = true}).size() == 79);
    CHECK(scanned(f, {.since = before}).size() == 1);
    const auto gone = scanned(f, {.since = before, .tombstones = true});
    CHECK(gone.size() == 2);
    CHECK(gone.at("Observation/op3").empty());
}

TEST_CASE("an error ends a scan and is handed on") {
    Fixture f;
    fill(f);
    int seen = 0;
    const auto snapshot = f.records->snapshot();
    const auto status = f.records->scan_all(**snapshot, {}, [&](const Touched&, std::string_view) -> Status {
        if (++seen == 3) return fail(Category::busy, "enough");
        return {};
    });
    CHECK(!status);
    CHECK(seen == 3);
}
