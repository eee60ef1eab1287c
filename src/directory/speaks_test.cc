#include "directory/speaks.h"

#include <doctest/doctest.h>

#include "directory/directory.h"
#include "directory/snapshot.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

namespace {

Speaks only(std::vector<unsigned> interfaces) { return {.interfaces = std::move(interfaces)}; }

Result<Speaks> of_endpoint(const std::string& members) {
    const auto document = json::Document::parse("{\"resourceType\":\"Endpoint\"" + members + "}");
    REQUIRE(document);
    return speaks_of_endpoint(document->root());
}

Speaks of_capability(const std::string& members) {
    const auto document = json::Document::parse("{\"resourceType\":\"CapabilityStatement\"" + members + "}");
    REQUIRE(document);
    return speaks_of_capability(document->root());
}

}  // namespace

TEST_CASE("who names an interface that is known here is understood, and who names none") {
    CHECK(understood({}, "the hub"));
    CHECK(understood(own_speech(), "the hub"));
    CHECK(understood(only({1, 2}), "the hub"));
    const Status refused = understood({.interfaces = {2, 7}, .software = "idun 3.1.0"}, "the hub");
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unsupported);
    CHECK(refused.error().message.starts_with("the hub speaks interface 2 7 (idun 3.1.0), this program (idun "));
    CHECK(refused.error().message.ends_with("speaks 1: one of the two needs another version"));
}

TEST_CASE("an endpoint says what it speaks within bounds, and what others write there is left") {
    struct Row {
        const char* members;
        const char* interfaces;
        const char* wrong;  // the element
    };
    const auto coded = [](const std::string& code) { return R"(,"payloadType":[{"coding":[{"system":"urn:idun:interface","code":")" + code + R"("}]}])"; };
    for (const auto& [code, good] : {std::pair{"1", true}, {"65535", true}, {"0", false}, {"01", false}, {"65536", false}, {"-1", false}, {"1 ", false}, {"", false}, {"99999999999", false}}) {
        const auto read = of_endpoint(coded(code));
        CHECK_MESSAGE(read.has_value() == good, std::string(code));
        if (!read) CHECK(read.error().path == "Endpoint.payloadType");
    }
    for (const Row& row :
         {Row{"", "", ""}, Row{R"(,"payloadType":[{"text":"any"},{"coding":[{"system":"urn:other","code":"two"}]}])", "", ""},
          Row{R"(,"payloadType":[{"coding":[{"system":"urn:idun:interface","code":"3"},{"system":"urn:idun:interface","code":"1"}]},{"coding":[{"system":"urn:idun:interface","code":"3"}]}])", "1 3", ""},
          Row{R"(,"extension":[{"url":"urn:other","valueString":"<b>"}])", "", ""},
          Row{R"(,"extension":[{"url":"urn:idun:software","valueString":"<b>"}])", "", "Endpoint.extension"},
          Row{R"(,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version","valueCode":"4 0"}])", "", "Endpoint.extension"},
          Row{R"(,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version","valueCode":"4.0.1"},{"url":"http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version","valueCode":"5.0.0"}])", "", ""}}) {
        INFO(std::string(row.members));
        const auto read = of_endpoint(row.members);
        REQUIRE(read.has_value() == (*row.wrong == '\0'));
        if (read) CHECK(read->interfaces_text() == row.interfaces);
        else CHECK(read.error().path == row.wrong);
    }
    std::string many;
    for (int i = 1; i <= 9; ++i) many += std::to_string(i) + " ";
    CHECK(!speaks_from(many, "", ""));
    CHECK(speaks_from(many.substr(0, 16), "", "")->interfaces.size() == 8);
}

TEST_CASE("a CapabilityStatement says it too, and one of another make says nothing") {
    json::Writer w;
    w.object();
    write_in_capability(w, "node");
    w.member("fhirVersion", "4.0.1").end();
    const auto own = *json::Document::parse(w.take());
    CHECK(speaks_of_capability(own.root()).interfaces == own_speech().interfaces);
    CHECK(own.root()["instantiates"][0].text() == "urn:idun:CapabilityStatement:node|1");
    CHECK("idun " + speaks_of_capability(own.root()).software == own_speech().software);
    for (const char* other : {"", R"(,"instantiates":"urn:idun:CapabilityStatement:node|1")", R"(,"instantiates":["urn:idun:CapabilityStatement:","urn:idun:CapabilityStatement:node","urn:idun:CapabilityStatement:node|","urn:idun:CapabilityStatement:node|x"])",
                              R"(,"instantiates":["http://example.org/node|1"],"software":{"version":"<b>"})"})
        CHECK_MESSAGE(of_capability(other) == Speaks{}, std::string(other));
}

TEST_CASE("the signed directory says what hub and nodes speak; one of before says nothing") {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    auto directory = *Directory::open(*temporary.store, clock);
    for (const char* id : {"SE1", "SE2"}) REQUIRE(directory->put(Organisation{id, "x", "", ""}));
    Endpoint one{"SE1", "SE1", "https://one.example", {}, {.interfaces = {2}, .software = "other 1", .fhir = "4.0.1"}};
    REQUIRE(directory->put(one));
    REQUIRE(directory->put(Endpoint{"SE2", "SE2", "https://two.example", {}}));
    const auto key = crypto::SigningKey::generate(system_random());
    const Snapshot made = snapshot_of(directory->view(), "hub", {}, clock.now());
    const auto read = verify_snapshot(sign_snapshot(key, made), crypto::KeySet(key.public_key()), "hub", clock.now());
    REQUIRE(read);
    CHECK(*read == made);
    CHECK(read->speech_of("hub").interfaces == own_speech().interfaces);
    CHECK(read->speech_of("SE1") == Speaks{.interfaces = {2}, .software = "other 1"});
    CHECK(read->speech_of("SE2") == Speaks{});
    const auto verified = [&](const std::string& more) {
        const std::string payload = R"({"iss":"hub","number":1,"issued":1800000000000,"organisations":[],"addresses":[],"keys":[])" + more + "}";
        return verify_snapshot(crypto::sign_jws(key, kSnapshotType, payload), crypto::KeySet(key.public_key()), "hub", clock.now());
    };
    CHECK(verified("")->speaks.empty());
    for (const char* wrong : {R"(,"speaks":{})", R"(,"speaks":[["SE1","1"]])", R"(,"speaks":[["SE1",1,""]])", R"(,"speaks":[["SE1","one",""]])", R"(,"speaks":[["SE1","1","<b>"]])"})
        CHECK_MESSAGE(verified(wrong).error().category == Category::invalid, std::string(wrong));
}
