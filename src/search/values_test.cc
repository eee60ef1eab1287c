#include "search/values.h"

#include <doctest/doctest.h>

#include <string>


namespace idun::search {
namespace {

std::string tokens(const char* json) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    std::string out;
    each_token(document->root()["v"], Leaf{}, [&](TokenValue v) { out.append(v.system).append("|").append(v.code).append(" "); });
    return out;
}

TEST_CASE("tokens of every shape") {
    CHECK(tokens(R"({"v":"final"})") == "|final ");
    CHECK(tokens(R"({"v":true})") == "|true ");
    CHECK(tokens(R"({"v":{"system":"s","code":"c"}})") == "s|c ");
    CHECK(tokens(R"({"v":{"coding":[{"system":"s","code":"c"},{"code":"d"},{"display":"x"}],"text":"t"}})") == "s|c |d ");
    CHECK(tokens(R"({"v":{"system":"s","value":"v","type":{"coding":[{"code":"x"}]}}})") == "s|v ");
    CHECK(tokens(R"({"v":{"system":"phone","value":"1"}})") == "phone|1 ");
    CHECK(tokens(R"({"v":{"text":"only"}})") == "");
    CHECK(tokens(R"({"v":null})") == "");
    CHECK(tokens(R"({"v":""})") == "");
}

TEST_CASE("references") {
    const auto shown = [](std::string_view text) {
        const auto value = reference_value(text, "http://here/fhir");
        return value ? std::string(value->type) + " " + std::string(value->id) : "none";
    };
    CHECK(shown("Patient/p") == "Patient p");
    CHECK(shown("Patient/p/_history/2") == "Patient p");
    CHECK(shown("http://here/fhir/Patient/p") == "Patient p");
    CHECK(shown("http://here/fhir2/Patient/p") == " http://here/fhir2/Patient/p");
    CHECK(shown("http://there/Patient/p") == " http://there/Patient/p");
    CHECK(shown("urn:uuid:1") == " urn:uuid:1");
    CHECK(shown("Patient/p_q") == " Patient/p_q");
    CHECK(shown("#x") == "none");
    CHECK(shown("") == "none");
}

std::string intervals(const char* json) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    std::string out;
    each_interval(document->root()["v"], [&](Interval v) {
        out += v.from == Interval::kOpenFrom ? "open" : to_iso({v.from}).substr(0, 10);
        out += "/" + (v.to == Interval::kOpenTo ? "open" : to_iso({v.to}).substr(0, 10)) + " ";
    });
    return out;
}

TEST_CASE("intervals of every shape") {
    CHECK(intervals(R"({"v":"2026-01"})") == "2026-01-01/2026-02-01 ");
    CHECK(intervals(R"({"v":"soon"})") == "");
    CHECK(intervals(R"({"v":{"start":"2026-01-01"}})") == "2026-01-01/open ");
    CHECK(intervals(R"({"v":{"end":"2026-01-01"}})") == "open/2026-01-02 ");
    CHECK(intervals(R"({"v":{}})") == "");
    CHECK(intervals(R"({"v":{"event":["2026-01-05","2026-01-01"]}})") == "2026-01-01/2026-01-06 ");
    CHECK(intervals(R"({"v":{"repeat":{"boundsPeriod":{"start":"2026-01-01"}}}})") == "2026-01-01/open ");
}

}  // namespace
}  // namespace idun::search
