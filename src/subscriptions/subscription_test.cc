#include "subscriptions/subscription.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::subscriptions;

namespace {

const std::string kGuide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

struct Fixture {
    store::TemporaryStore store;
    std::unique_ptr<records::Records> records =
        *records::Records::open(*store.store, fhir::Definitions::r4(), system_clock(), system_random(), {});
    std::vector<Topic> topics = *builtin_topics();
    Endpoints endpoints = *Endpoints::of({"https://ehr.example/"});

    tl::expected<Subscription, fhir::Issues> read(const std::string& text) const {
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        return read_subscription(document->root(), topics, endpoints, *records);
    }
    // The paths of all that is wrong, with spaces.
    std::string wrong(const std::string& text) const {
        const auto found = read(text);
        std::string out;
        if (!found)
            for (const fhir::Issue& issue : found.error()) out += (out.empty() ? "" : " ") + issue.path;
        return out;
    }
};

std::string filter(const std::string& query) {
    return R"("_criteria":{"extension":[{"url":")" + kGuide + R"(backport-filter-criteria","valueString":")" + query + "\"}]},";
}

std::string channel(const std::string& more, const std::string& content = "id-only") {
    return R"("channel":{"type":"rest-hook","endpoint":"https://ehr.example/x","payload":"application/fhir+json","_payload":{"extension":[{"url":")" +
           kGuide + R"(backport-payload-content","valueCode":")" + content + "\"}]}" + more + "}";
}

std::string subscription(const std::string& members) {
    return R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"urn:idun:topic:admission",)" + members + "}";
}

std::string bound(const std::string& name, const std::string& value) {
    return R"(,"extension":[{"url":")" + kGuide + name + R"(",)" + value + "}]";
}

}  // namespace

TEST_CASE("a subscription in full") {
    const Fixture f;
    const auto read = f.read(subscription(
        R"("end":"2030-01-01T00:00:00Z",)" + filter("Encounter?patient=Patient/1&type=urn:t|a") +
        channel(R"(,"header":["Authorization: Bearer x","X-A:b"],"extension":[{"url":")" + kGuide + R"(backport-heartbeat-period","valueUnsignedInt":60},{"url":")" +
                    kGuide + R"(backport-timeout","valueUnsignedInt":5},{"url":")" + kGuide + R"(backport-max-count","valuePositiveInt":500}])",
                "full-resource")));
    REQUIRE(read);
    CHECK(read->topic == "urn:idun:topic:admission");
    CHECK(read->filters.at(0).resource == "Encounter");
    CHECK(read->filters.at(0).query.size() == 2);
    CHECK(read->content == Content::full_resource);
    CHECK(read->heartbeat.count() == 60);
    CHECK(read->timeout.count() == 5);
    CHECK(read->events_max == kEventsInNotificationMax);
    CHECK(read->headers == std::vector<std::pair<std::string, std::string>>{{"Authorization", "Bearer x"}, {"X-A", "b"}});
    CHECK(read->end == from_iso("2030-01-01T00:00:00Z"));
    CHECK(!read->off);
}

TEST_CASE("filters that can be asked") {
    const Fixture f;
    for (const char* query : {"patient=1", "Encounter?patient=Patient/1", "Encounter?type:not=urn:t|a", "Encounter?identifier=a|b"}) {
        CAPTURE(query);
        CHECK(f.wrong(subscription(filter(query) + channel(""))).empty());
    }
    for (const char* query : {"", "Encounter?", "Encounter?status=planned", "Observation?patient=1", "nonsense", "Encounter?patient=a/b/c", "patient.name=x"}) {
        CAPTURE(query);
        CHECK(f.wrong(subscription(filter(query) + channel(""))) == "Subscription.criteria.extension[0]");
    }
}

TEST_CASE("what is wrong is named, all at once, without the text") {
    const Fixture f;
    for (const auto& [text, path] : std::initializer_list<std::pair<std::string, std::string>>{
             {R"({"resourceType":"Subscription","status":"new","criteria":"urn:idun:topic:admission",)" + channel("") + "}", "Subscription.status"},
             {R"({"resourceType":"Subscription","status":"requested","criteria":"Observation?code=1",)" + channel("") + "}", "Subscription.criteria"},
             {subscription(R"("end":"tomorrow",)" + channel("")), "Subscription.end"},
             {subscription(channel("", "everything")), "Subscription.channel.payload"},
             {subscription(channel(bound("backport-timeout", R"("valueUnsignedInt":0)"))), "Subscription.channel.extension[0]"},
             {subscription(channel(bound("backport-timeout", R"("valueUnsignedInt":9999)"))), "Subscription.channel.extension[0]"},
             {subscription(channel(bound("backport-max-count", R"("valuePositiveInt":-1)"))), "Subscription.channel.extension[0]"},
             {subscription(channel(bound("nonsense", R"("valueString":"x")"))), "Subscription.channel.extension[0]"},
             {subscription(channel(R"(,"header":["no colon but a space"])")), "Subscription.channel.header[0]"},
             {subscription(channel(R"(,"header":["A: b\r\nC: d"])")), "Subscription.channel.header[0]"},
             {subscription(channel(R"(,"header":["Host: x"])")), "Subscription.channel.header[0]"},
             {subscription(channel(R"(,"header":["content-LENGTH: 1"])")), "Subscription.channel.header[0]"},
             {R"({"resourceType":"Patient"})", "Subscription"},
             {"{}", "Subscription"},
             {"[]", "Subscription"}}) {
        CAPTURE(text);
        CHECK(f.wrong(text) == path);
    }
    const auto far = f.read(subscription(R"("channel":{"type":"email","endpoint":"http://secret.example/"})"));
    REQUIRE(!far);
    CHECK(far.error().size() == 4);
    for (const fhir::Issue& issue : far.error()) CHECK(issue.text.find("secret") == std::string::npos);
}

TEST_CASE("the stored form has the status, the reason of it, and no headers") {
    const auto document = json::Document::parse(subscription(R"("error":"old",)" + channel(R"(,"header":["Authorization: Bearer x"])")));
    const std::string stored = stored_form(document->root(), "off", "why");
    CHECK(stored.find("Bearer") == std::string::npos);
    CHECK(stored.find("old") == std::string::npos);
    const auto again = json::Document::parse(stored);
    REQUIRE(again);
    CHECK(again->root()["status"].text() == "off");
    CHECK(again->root()["error"].text() == "why");
    CHECK(again->root()["channel"]["endpoint"].text() == "https://ehr.example/x");
    CHECK(stored_form(document->root(), "active", "").find("error") == std::string::npos);
}
