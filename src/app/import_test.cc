#include "app/import.h"

#include <doctest/doctest.h>

#include <set>

#include "app/compressed.h"

using namespace idun;
using namespace idun::app;

namespace {

std::vector<Imported> imported(const std::string& json) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    auto resources = import_resources(document->root());
    REQUIRE(resources);
    return std::move(*resources);
}

// A person with two encounters at two organisations.
const char* const kTwoProviders = R"({"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","id":"p"}},
 {"fullUrl":"urn:uuid:o1","resource":{"resourceType":"Organization","id":"o1","name":"A"}},
 {"fullUrl":"urn:uuid:o2","resource":{"resourceType":"Organization","id":"o2","name":"B"}},
 {"fullUrl":"urn:uuid:e1","resource":{"resourceType":"Encounter","id":"e1","subject":{"reference":"urn:uuid:p"},"serviceProvider":{"reference":"urn:uuid:o1"}}},
 {"fullUrl":"urn:uuid:e2","resource":{"resourceType":"Encounter","id":"e2","subject":{"reference":"urn:uuid:p"},"serviceProvider":{"reference":"urn:uuid:o2"}}},
 {"fullUrl":"urn:uuid:b1","resource":{"resourceType":"Observation","id":"b1","subject":{"reference":"urn:uuid:p"},"encounter":{"reference":"urn:uuid:e1"},"valueQuantity":{"value":1.10}}},
 {"fullUrl":"urn:uuid:b2","resource":{"resourceType":"Observation","id":"b2","subject":{"reference":"urn:uuid:p"},"encounter":{"reference":"urn:uuid:e2"}}}]})";

std::set<std::string> names(const std::vector<Imported>& resources) {
    std::set<std::string> out;
    for (const Imported& r : resources) out.insert(r.type + "/" + r.id);
    return out;
}

}  // namespace

TEST_CASE("references to other entries become relative, numbers keep their digits") {
    const auto resources = imported(kTwoProviders);
    REQUIRE(resources.size() == 7);
    CHECK(resources[5].text.find(R"("reference":"Encounter/e1")") != std::string::npos);
    CHECK(resources[5].text.find("1.10") != std::string::npos);
    CHECK(resources[5].organisation == "Organization/o1");
}

TEST_CASE("an entry without a usable id gets one that is the same each time") {
    const std::string one = R"({"resourceType":"Patient","id":"not a valid id","gender":"female"})";
    CHECK(imported(one)[0].id == imported(one)[0].id);
    CHECK(imported(R"({"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:abc","resource":{"resourceType":"Patient"}}]})")[0].id ==
          "abc");
}

TEST_CASE("what is no resource is refused") {
    for (const char* json : {"{}", "[]", "1", R"({"resourceType":"Bundle","entry":[{}]})"}) {
        const auto document = json::Document::parse(json);
        REQUIRE(document);
        CHECK_MESSAGE(!import_resources(document->root()), json);
    }
}

TEST_CASE("records go to the place of their organisation, the person to each") {
    Spreader spreader(2);
    const auto places = spreader.spread(imported(kTwoProviders));
    CHECK(names(places[0]) == std::set<std::string>{"Patient/p", "Organization/o1", "Encounter/e1", "Observation/b1"});
    CHECK(names(places[1]) == std::set<std::string>{"Patient/p", "Organization/o2", "Encounter/e2", "Observation/b2"});
}

TEST_CASE("an organisation keeps its place over bundles") {
    Spreader spreader(8);
    const auto first = spreader.spread(imported(kTwoProviders));
    const auto second = spreader.spread(imported(kTwoProviders));
    for (std::size_t place = 0; place < 8; ++place) CHECK(names(first[place]) == names(second[place]));
}

TEST_CASE("packed files are unpacked within bounds, broken ones refused") {
    const std::string zstd = [] {  // "hello" packed by zstd
        const unsigned char bytes[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00, 'h', 'e', 'l', 'l', 'o'};
        return std::string(reinterpret_cast<const char*>(bytes), sizeof bytes);
    }();
    CHECK(*unpacked(zstd) == "hello");
    CHECK(*unpacked("plain") == "plain");
    CHECK(unpacked(zstd.substr(0, 11)).error().category == Category::corrupt);
    CHECK(unpacked(zstd, 3).error().category == Category::too_large);
    CHECK(unpacked("\x1f\x8b garbage").error().category == Category::corrupt);
    CHECK(unpacked("\x28\xb5\x2f\xfd garbage").error().category == Category::corrupt);
}
