#include "exchange/merge.h"

#include <doctest/doctest.h>

#include "exchange/gather.h"

using namespace idun;
using namespace idun::exchange;

namespace {

std::string bundle(const std::string& entries) {
    return R"({"resourceType":"Bundle","type":"searchset","timestamp":"2026-11-23T08:00:00.000Z","entry":[)" + entries + "]}";
}
std::string entry(const std::string& resource) { return R"({"fullUrl":"http://n/x","resource":)" + resource + "}"; }

}  // namespace

TEST_CASE("entries keep their content and say where they come from") {
    Merger merger;
    const auto merged = *merger.add(
        bundle(entry(R"({"resourceType":"Observation","id":"1","valueQuantity":{"value":1.10}})")), "SE1", "Region Norr");
    CHECK(merged.records == 1);
    CHECK(merged.as_of == "2026-11-23T08:00:00.000Z");
    const auto document = *json::Document::parse("[" + merged.entries + "]");
    const json::Value one = document.root()[std::size_t{0}];
    CHECK(one["resource"]["valueQuantity"]["value"].text() == "1.10");
    CHECK(one["extension"][std::size_t{0}]["valueReference"]["identifier"]["value"].text() == "SE1");
}

TEST_CASE("the same content from two sources is shown once, whatever its id and meta") {
    Merger merger;
    const auto first = *merger.add(bundle(entry(R"({"resourceType":"Condition","id":"1","code":{"text":"a"}})")), "SE1", "A");
    const auto second = *merger.add(
        bundle(entry(R"({"resourceType":"Condition","id":"2","meta":{"versionId":"3"},"code":{"text":"a"}})") + "," +
               entry(R"({"resourceType":"Condition","id":"1","code":{"text":"b"}})")),
        "SE2", "B");
    CHECK(first.duplicates == 0);
    CHECK(second.records == 2);
    CHECK(second.duplicates == 1);
    CHECK(second.entries.find(R"("text":"b")") != std::string::npos);
    CHECK(second.entries.find(R"("text":"a")") == std::string::npos);
}

TEST_CASE("an answer that cannot be read counts for nothing") {
    for (const std::string& body :
         {std::string("{"), std::string(R"({"resourceType":"Patient"})"), bundle(R"({"fullUrl":"x"})"),
          bundle(entry(R"({"resourceType":"Condition","code":{"text":"a"}})") + ",{}")}) {
        Merger merger;
        CHECK(!merger.add(body, "SE1", "A"));
        const auto later = *merger.add(bundle(entry(R"({"resourceType":"Condition","code":{"text":"a"}})")), "SE2", "B");
        CHECK(later.duplicates == 0);
    }
}

TEST_CASE("a source that had more says so") {
    Merger merger;
    const auto merged = *merger.add(
        bundle(R"({"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}})"), "SE1", "A");
    CHECK(!merged.complete);
    CHECK(merged.records == 0);
}

TEST_CASE("the outcome names every source and how it went") {
    SourceAnswer answered;
    answered.state = SourceState::answered;
    answered.records = 3;
    answered.receipt = "SE1:4:x";
    SourceAnswer late;
    late.state = SourceState::late;
    late.reason = "no answer within the bound";
    const SourceAnswer both[] = {answered, late};
    const auto document = *json::Document::parse(sources_outcome(both));
    const json::Value issues = document.root()["issue"];
    REQUIRE(issues.size() == 2);
    CHECK(issues[std::size_t{0}]["details"]["coding"][std::size_t{0}]["code"].text() == "answered");
    CHECK(issues[std::size_t{0}]["severity"].text() == "information");
    CHECK(issues[std::size_t{1}]["severity"].text() == "warning");
    CHECK(issues[std::size_t{1}]["code"].text() == "timeout");
    CHECK(json::Document::parse(sources_outcome({}))->root()["issue"].size() == 1);
}
