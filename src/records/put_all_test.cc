#include <doctest/doctest.h>

#include "records/internal/testing.h"

using namespace idun;
using namespace idun::records;

TEST_CASE("many resources are written in one commit, and what is wrong is refused by itself") {
    Fixture f;
    const auto document = json::Document::parse(R"([
        {"resourceType":"Patient","id":"a","active":true},
        {"resourceType":"Patient","id":"b","nonsense":1},
        {"resourceType":"Patient"},
        {"resourceType":"Nonsense","id":"c"},
        {"resourceType":"Patient","id":"a"},
        {"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}},
        7])");
    REQUIRE(document);
    std::vector<json::Value> resources;
    for (const json::Value one : document->root().elements()) resources.push_back(one);
    const auto before = (*f.records->snapshot())->version();
    const auto put = f.records->put_all(resources);
    REQUIRE(put);
    CHECK((*f.records->snapshot())->version().number == before.number + 1);
    REQUIRE(put->touched.size() == 2);
    CHECK(put->touched[1].patient == "a");
    std::vector<std::size_t> places;
    for (const auto& refusal : put->refused) {
        places.push_back(refusal.place);
        CHECK(!refusal.issues.empty());
    }
    CHECK(places == std::vector<std::size_t>{1, 2, 3, 4, 6});
    CHECK(f.records->read("Observation", "o", {}).ok());
    CHECK(f.search_ids("Observation", "patient=a") == "o");

    const auto again = f.records->put_all(std::span(resources).first(1));
    REQUIRE(again);
    CHECK(again->touched[0].version == 2);
    CHECK(f.records->put_all({})->touched.empty());
}
