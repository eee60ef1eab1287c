#include "subscriptions/topic.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "json/document.h"
#include "records/records.h"
#include "fhir/definitions.h"
#include "http/message.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::subscriptions;

TEST_CASE("the topics of the program can be read, and their queries asked") {
    const auto topics = builtin_topics();
    REQUIRE(topics);
    CHECK(topics->size() >= 4);
    store::TemporaryStore store;
    const auto records = records::Records::open(*store.store, fhir::Definitions::r4(), system_clock(), system_random(), {});
    for (const Topic& topic : *topics) {
        CAPTURE(topic.url);
        for (const Trigger& trigger : topic.triggers) {
            for (const std::string& query : {trigger.previous, trigger.current}) {
                auto parameters = http::parameters(query);
                REQUIRE(parameters);
                const auto resource = json::Document::parse(R"({"resourceType":")" + trigger.resource + "\"}");
                for (auto& [name, value] : *parameters) {
                    if (name.ends_with(":not")) name.resize(name.size() - 4);
                    CHECK((*records)->fits(trigger.resource, resource->root(), {{name, value}}));
                }
            }
        }
    }
}

TEST_CASE("a topic in full") {
    const auto topic = topic_from_json(R"({"resourceType":"SubscriptionTopic","url":"urn:t","title":"T","resourceTrigger":[
        {"resource":"Encounter","supportedInteraction":["create"],"queryCriteria":{"previous":"a=b","current":"c=d",
         "resultForCreate":"test-fails","resultForDelete":"test-passes","requireBoth":true}},{"resource":"Patient"}],
        "canFilterBy":[{"resource":"Encounter","filterParameter":"patient"}]})");
    REQUIRE(topic);
    CHECK(topic->url == "urn:t");
    REQUIRE(topic->triggers.size() == 2);
    const Trigger& first = topic->triggers[0];
    CHECK(first.on_create);
    CHECK(!first.on_update);
    CHECK(first.previous == "a=b");
    CHECK(first.current == "c=d");
    CHECK(!first.create_passes_previous);
    CHECK(first.delete_passes_current);
    CHECK(first.require_both);
    CHECK(topic->triggers[1].on_delete);  // none named: all
    CHECK(topic->filters.at(0).parameter == "patient");
}

TEST_CASE("what is no topic is refused") {
    for (const char* text : {
             "", "[]", "{}", R"({"resourceType":"Basic"})", R"({"resourceType":"SubscriptionTopic"})",
             R"({"resourceType":"SubscriptionTopic","url":"relative","resourceTrigger":[{"resource":"Patient"}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Subscription"}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient","supportedInteraction":["read"]}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient","fhirPathCriteria":"true"}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient","queryCriteria":{}}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient","queryCriteria":{"current":"a=b","resultForCreate":"x"}}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient"}],"canFilterBy":[{"resource":"Patient"}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","resourceTrigger":[{"resource":"Patient"}],"eventTrigger":[]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","eventTrigger":[]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","eventTrigger":[{"resource":"Patient"}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","eventTrigger":[{"resource":"Patient","event":{"coding":[{"system":"urn:idun:subscription-event","code":"x"}]}}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","eventTrigger":[{"resource":"Encounter","event":{"coding":[{"system":"urn:idun:subscription-event","code":"new-at-another-provider"}]}}]})",
             R"({"resourceType":"SubscriptionTopic","url":"urn:t","eventTrigger":[{"resource":"Patient","event":{"coding":[{"system":"urn:idun:subscription-event","code":"new-at-another-provider"}]}}],"canFilterBy":[{"filterParameter":"patient"}]})"}) {
        CAPTURE(text);
        CHECK(!topic_from_json(text));
    }
}

TEST_CASE("a folder adds topics, not twice the same") {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("idun-topics-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
    write("a.json", R"({"resourceType":"SubscriptionTopic","url":"urn:mine","resourceTrigger":[{"resource":"Patient"}]})");
    write("readme.txt", "not a topic");
    const auto own = topics_with(folder);
    REQUIRE(own);
    CHECK(own->size() == builtin_topics()->size() + 1);
    write("b.json", R"({"resourceType":"SubscriptionTopic","url":"urn:idun:topic:admission","resourceTrigger":[{"resource":"Patient"}]})");
    CHECK(!topics_with(folder));
    write("b.json", "{");
    const auto bad = topics_with(folder);
    REQUIRE(!bad);
    CHECK(bad.error().message.find("b.json") != std::string::npos);
    std::filesystem::remove_all(folder);
    CHECK(!topics_with(folder));
}
