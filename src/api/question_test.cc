#include "api/question.h"

#include <doctest/doctest.h>

#include "api/fhir_answer.h"
#include "api/person_check.h"

using namespace idun;
using namespace idun::api;

TEST_CASE("a question is read from an address") {
    const AskedAtHub asked = *asked_in_query(
        "identifier=urn:x%7C12&purpose=ETREAT&careRelation=true&timeout=500&category=imaging&category=other&breakGlass="
        "g1");
    CHECK(asked.system == "urn:x");
    CHECK(asked.value == "12");
    CHECK(asked.purpose == "ETREAT");
    CHECK(asked.care_relation);
    CHECK(asked.bound == std::chrono::milliseconds(500));
    CHECK(asked.categories == std::vector<std::string>{"imaging", "other"});
    CHECK(asked.break_glass == "g1");
}

TEST_CASE("a question is read from Parameters") {
    const auto document = *json::Document::parse(
        R"({"resourceType":"Parameters","parameter":[{"name":"identifier","valueIdentifier":{"system":"urn:x","value":"12"}},
            {"name":"careRelation","valueBoolean":true},{"name":"timeout","valueInteger":700}]})");
    const AskedAtHub asked = *asked_in_parameters(document.root());
    CHECK(asked.value == "12");
    CHECK(asked.care_relation);
    CHECK(asked.bound == std::chrono::milliseconds(700));
}

TEST_CASE("what is not understood in a question is refused, without its value") {
    for (const char* query : {"identifier=12", "identifier=%7C12", "identifier=urn:x%7C", "timeout=0", "timeout=999999",
                              "timeout=1s", "purpose=call%2008-123", "timeout=500&timeout=500", "careRelation=yes",
                              "category=secrets", "name=x", "identifier=%zz"}) {
        const auto asked = asked_in_query(query);
        REQUIRE_MESSAGE(!asked, query);
        CHECK(asked.error().category == Category::invalid);
        CHECK(asked.error().message.find("12") == std::string::npos);
    }
    for (const char* body :
         {R"({"resourceType":"Patient"})", R"({"resourceType":"Parameters","parameter":[{"name":"x"}]})",
          R"({"resourceType":"Parameters","parameter":[{"name":"identifier","valueIdentifier":{}}]})"}) {
        const auto document = *json::Document::parse(body);
        CHECK_MESSAGE(!asked_in_parameters(document.root()), body);
    }
}

TEST_CASE("bodies need a FHIR content type in UTF-8") {
    struct Row {
        const char* type;
        bool taken;
    };
    for (const Row& row : {Row{"application/fhir+json", true}, Row{"application/json; charset=utf-8", true},
                           Row{"Application/FHIR+JSON; charset=UTF-8", true}, Row{"text/plain", false}, Row{"", false},
                           Row{"application/fhir+json; charset=latin1", false}, Row{"application/fhir+xml", false}}) {
        http::Request request;
        request.headers.set("Content-Type", row.type);
        request.body = "{}";
        CHECK_MESSAGE(body_of(request).has_value() == row.taken, row.type);
    }
}

TEST_CASE("HTTP dates have the one form") {
    CHECK(http_date({784'111'777'000}) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date({0}) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("identifiers of persons that cannot be right are named by place, not by value") {
    struct Row {
        const char* json;
        const char* path;  // "": taken
    };
    const Instant now{1'800'000'000'000};
    for (
        const Row& row :
        {Row{R"({"resourceType":"Patient","identifier":[{"system":"http://electronichealth.se/identifier/personnummer","value":"191212121212"}]})",
             ""},
         Row{R"({"resourceType":"Patient","identifier":[{"value":"1"},{"system":"http://electronichealth.se/identifier/personnummer","value":"191212121213"}]})",
             "Patient.identifier[1].value"},
         Row{R"({"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"191212121213"}]})", ""},
         Row{R"({"resourceType":"Observation"})", ""},
         Row{R"({"resourceType":"Bundle","entry":[{},{"resource":{"resourceType":"Patient","identifier":[{"system":"http://electronichealth.se/identifier/personnummer","value":"191212121213"}]}}]})",
             "Bundle.entry[1].resource.identifier[0].value"}}) {
        const auto document = *json::Document::parse(row.json);
        const fhir::Issues issues = check_persons(document.root(), now);
        REQUIRE_MESSAGE(issues.empty() == std::string_view(row.path).empty(), row.json);
        if (issues.empty()) continue;
        CHECK(issues[0].path == row.path);
        CHECK(issues[0].text.find("1912") == std::string::npos);
    }
}
