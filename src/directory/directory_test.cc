#include "directory/directory.h"

#include <doctest/doctest.h>

#include "directory/fhir_directory.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

namespace {

Organisation norr() { return {"SE1-N1", "Region Norr", "", "2321000016"}; }
Endpoint norr_endpoint() { return {"SE1-N1", "SE1-N1", "http://127.0.0.1:8081/fhir", {1'000}}; }

}  // namespace

TEST_CASE("what was put is found, also after a restart") {
    store::TemporaryStore temporary;
    {
        auto directory = *Directory::open(*temporary.store);
        REQUIRE(directory->put(norr()));
        REQUIRE(directory->put(Organisation{"SE1-U1", "Akuten", "SE1-N1", ""}));
        REQUIRE(directory->put(norr_endpoint()));
    }
    temporary.reopen();
    auto directory = *Directory::open(*temporary.store);
    CHECK(directory->organisation("SE1-N1") == norr());
    CHECK(directory->endpoint_of("SE1-N1") == norr_endpoint());
    CHECK(directory->organisations().size() == 2);
    CHECK(directory->name_of("SE1-U1") == "Akuten");
    CHECK(directory->name_of("SE9") == "SE9");
    CHECK(!directory->endpoint_of("SE9"));
}

TEST_CASE("a later value replaces the one before") {
    store::TemporaryStore temporary;
    auto directory = *Directory::open(*temporary.store);
    REQUIRE(directory->put(norr()));
    Organisation renamed = norr();
    renamed.name = "Region Norra";
    REQUIRE(directory->put(renamed));
    CHECK(directory->organisations().size() == 1);
    CHECK(directory->name_of("SE1-N1") == "Region Norra");
}

TEST_CASE("values survive the way over FHIR") {
    const auto organisation = *json::Document::parse(to_fhir(norr()));
    CHECK(*organisation_from_fhir(organisation.root(), "SE1-N1") == norr());
    const auto document = *json::Document::parse(to_fhir(norr_endpoint(), {0}));
    CHECK(document.root()["status"].text() == "active");
    const Endpoint back = *endpoint_from_fhir(document.root(), "SE1-N1");
    CHECK(back.url == norr_endpoint().url);
    CHECK(back.lease_until == Instant{0});  // the hub's to give
    CHECK(json::Document::parse(to_fhir(norr_endpoint(), {1'000}))->root()["status"].text() == "off");
}

TEST_CASE("malformed organisations and endpoints are refused with their path") {
    struct Row {
        const char* json;
        const char* path;
    };
    for (const Row& row : {Row{R"({"resourceType":"Patient","id":"a"})", "resourceType"},
                           Row{R"({"resourceType":"Organization","id":"b","name":"x"})", "id"},
                           Row{R"({"resourceType":"Organization","id":"a"})", "Organization.name"},
                           Row{R"({"resourceType":"Organization","id":"a","name":"x","partOf":{"reference":"Patient/1"}})",
                               "Organization.partOf"}}) {
        const auto document = *json::Document::parse(row.json);
        CHECK(organisation_from_fhir(document.root(), "a").error().path == row.path);
    }
    for (const Row& row :
         {Row{R"({"resourceType":"Endpoint","id":"a","address":"http://x"})", "Endpoint.managingOrganization"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"ftp://x"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"http://127.0.0.1/"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"http://10.0.0.1/fhir"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"https://u@x/fhir"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"https://x/fhir?a=b"})",
              "Endpoint.address"}}) {
        const auto document = *json::Document::parse(row.json);
        CHECK(endpoint_from_fhir(document.root(), "a").error().path == row.path);
    }
}
