#include "api/pointer_query.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "api/pointer_page.h"
#include "search/parameters.h"

using namespace idun;
using namespace idun::api;

namespace {

const FoundPointer kImaging{"abc", "SE1", "imaging", {1'700'000'000'000}, {1'700'000'050'000}};  // 2023-11-14T22:13:20Z, and 50 s later

bool finds(const PointerQuery& query, const FoundPointer& one) {
    return std::ranges::all_of(query.conditions, [&](const auto& holds) { return holds(one, {1'800'000'000'000}); });
}

// A good value for each parameter that is claimed.
const std::map<std::string_view, std::string_view> kGood = {
    {"_id", "abc"}, {"_lastUpdated", "ge2020"}, {"category", "imaging"}, {"custodian", "Organization/SE1"},
    {"custodian.identifier", "SE1"}, {"custodian:identifier", "SE1"}, {"date", "2023-11-14"}, {"identifier", "urn:idun:pointer|abc"},
    {"patient.identifier", "urn:x|12"}, {"patient:identifier", "urn:x|12"}, {"status", "current"}, {"type", "18748-4"},
    {"asOf", "2026-01-01T00:00:00Z"}, {"breakGlass", "g"}, {"careRelation", "true"}, {"purpose", "TREAT"}};

}  // namespace

TEST_CASE("what the statement claims is read, and finds; what R4 has beside it is refused") {
    std::vector<std::string_view> claimed;
    for (const PointerParameter& one : pointer_parameters()) {
        CAPTURE(one.name);
        REQUIRE(kGood.contains(one.name));
        claimed.push_back(one.name);
        const auto query = pointer_query({{std::string(one.name), std::string(kGood.at(one.name))}});
        REQUIRE(query);
        CHECK(finds(*query, kImaging));
        CHECK(pointer_names().find(one.name) != std::string::npos);
        CHECK_FALSE(one.documentation.empty());
    }
    CHECK(claimed.size() == kGood.size());
    std::size_t refused = 0;
    for (const search::Parameter& one : search::Registry::r4().of("DocumentReference")) {
        if (std::ranges::find(claimed, one.name) != claimed.end()) continue;
        CAPTURE(one.name);
        const auto query = pointer_query({{std::string(one.name), "x"}});
        REQUIRE_FALSE(query);
        CHECK(query.error().message.find(pointer_names()) != std::string::npos);
        ++refused;
    }
    CHECK(refused > 10);
}

TEST_CASE("conditions find what they say and nothing else") {
    struct Row {
        const char* name;
        const char* value;
        bool found;
    };
    for (const Row& row : {
             Row{"category", "imaging,other", true}, Row{"category", "other", false},
             Row{"category", "urn:idun:priority-category|imaging", true}, Row{"category", "urn:idun:priority-category|", true},
             Row{"category", "http://hl7.eu/fhir/health-data-api/CodeSystem/eehrxf-document-priority-category-cs|Medical-Imaging", true},
             Row{"category", "Medical-Imaging", true}, Row{"category", "Discharge-Reports", false},
             Row{"type", "http://loinc.org|18748-4", true}, Row{"type", "http://loinc.org|", true}, Row{"type", "11502-2", false},
             Row{"status", "http://hl7.org/fhir/document-reference-status|current", true}, Row{"status", "superseded", false},
             Row{"status", "superseded,current", true}, Row{"custodian", "SE1", true}, Row{"custodian", "Organization/SE2,Organization/SE1", true},
             Row{"custodian", "Organization/SE", false}, Row{"custodian.identifier", "|SE1", true}, Row{"custodian.identifier", "urn:x|SE1", false},
             Row{"_id", "abcd", false}, Row{"identifier", "abc", true}, Row{"identifier", "|abc", false}, Row{"identifier", "urn:idun:pointer|", true},
             Row{"date", "2023", true}, Row{"date", "lt2023-11-14", false}, Row{"date", "ge2023-11-14T22:13:20Z", true},
             Row{"date", "gt2023-11-14T22:13:20Z", false}, Row{"date", "eq2023-11-14T22:13:20Z", true}, Row{"date", "ne2023-11-14", false},
             Row{"date", "sa2023-11-13", true}, Row{"date", "eb2023-11-14", false}, Row{"date", "2022,2023", true},
             Row{"_lastUpdated", "2023-11-14T22:14:10Z", true}, Row{"_lastUpdated", "2023-11-14T22:13:20Z", false}}) {
        const auto query = pointer_query({{row.name, row.value}});
        CAPTURE(row.name);
        CAPTURE(row.value);
        REQUIRE(query);
        CHECK(finds(*query, kImaging) == row.found);
    }
    // Given twice both must hold.
    CHECK_FALSE(finds(*pointer_query({{"category", "imaging"}, {"category", "other"}}), kImaging));
    CHECK_FALSE(finds(*pointer_query({{"date", "ge2023"}, {"date", "lt2023-11"}}), kImaging));
}

TEST_CASE("what cannot be meant is refused, without its value") {
    struct Row {
        const char* name;
        const char* value;
    };
    for (const Row& row : {Row{"patient", "Patient/SECRET"}, Row{"patient.identifier", "SECRET"}, Row{"patient.identifier", "|SECRET"},
                           Row{"patient.identifier", "urn:x|SECRET,urn:x|13"}, Row{"category", "SECRET"}, Row{"category", ""}, Row{"category", "imaging,"},
                           Row{"category", "urn:y|imaging"}, Row{"category", "|imaging"}, Row{"type", "SECRET"}, Row{"status", "entered-in-error"},
                           Row{"status:not", "current"}, Row{"category:in", "x"}, Row{"date", "SECRET"}, Row{"date", "xx2020"}, Row{"date", "2020-13"},
                           Row{"custodian", "Practitioner/1"}, Row{"custodian", "http://x/Organization/1"}, Row{"period", "2020"}, Row{"facility", "x"},
                           Row{"_lastupdated", "2020"}, Row{"_count", "1001"}, Row{"_count", "-1"}, Row{"_count", "x"}, Row{"_sort", "type"},
                           Row{"_sort", ""}, Row{"_summary", "text"}, Row{"_total", "x"}, Row{"_page", ""}, Row{"_elements", "id,ids"}, Row{"_elements", ""}, Row{"_elements", "Patient.id"}, Row{"_elements", "custodian.identifier"},
                           Row{"_include", "DocumentReference:subject"}, Row{"timeout", "500"}, Row{"careRelation", "x"}, Row{"asOf", "2020"},
                           Row{"SECRET", "x"}, Row{"", ""}}) {
        CAPTURE(row.name);
        CAPTURE(row.value);
        const auto query = pointer_query({{row.name, row.value}});
        REQUIRE_FALSE(query);
        CHECK(query.error().category == Category::invalid);
        CHECK(query.error().message.find("SECRET") == std::string::npos);
        CHECK(query.error().path.find("SECRET") == std::string::npos);
    }
    for (const char* name : {"patient.identifier", "purpose", "careRelation", "_sort", "_count", "_page", "_summary", "_elements"}) {
        const std::string good = std::string_view(name) == "_sort"             ? "date"
                                 : std::string_view(name) == "_count"          ? "5"
                                 : std::string_view(name) == "_summary"        ? "data"
                                 : std::string_view(name) == "_elements"       ? "date"
                                 : kGood.contains(name)                        ? std::string(kGood.at(name))
                                                                               : "word";
        CHECK_MESSAGE(!pointer_query({{name, good}, {name, good}}), name);
    }
    CHECK_FALSE(pointer_query({{"patient.identifier", "a|b"}, {"patient:identifier", "a|c"}}));
    std::string many = "imaging";
    for (int i = 0; i < 32; ++i) many += ",imaging";
    CHECK_FALSE(pointer_query({{"category", many}}));
}

TEST_CASE("the query is said again for links, without whose it is") {
    const auto query = *pointer_query({{"patient.identifier", "urn:x|12"}, {"date", "ge2020-01-01T00:00:00+01:00"}, {"_page", "word"}, {"_count", "2"}});
    CHECK(query.self == "?date=ge2020-01-01T00%3A00%3A00%2B01%3A00&_count=2");
    CHECK(query.page == "word");
    CHECK(query.count == 2);
}

TEST_CASE("a page's word opens for its caller, whole, under its own key") {
    const PointerPages pages, others;
    const PointerPage page{*crypto::Pseudonym::from(std::string(16, 'p')), 7, 0x0123456789abcdef};
    const std::string word = pages.seal(page, "ada");
    CHECK(pages.open(word, "ada") == page);
    CHECK_FALSE(pages.open(word, "eve"));
    CHECK_FALSE(others.open(word, "ada"));
    CHECK(pages.seal(page, "ada") != word);
    for (std::size_t i = 0; i < word.size(); ++i) {
        std::string bad = word;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(pages.open(bad, "ada"));
        CHECK_FALSE(pages.open(word.substr(0, i), "ada"));
    }
}

TEST_CASE("what of each pointer is asked for is read, and the same however it is written") {
    using Summary = search::Query::Summary;
    const auto parts = [](const char* name, const char* value) { return pointer_query({{name, value}})->parts; };
    CHECK(parts("_elements", "date,custodian,DocumentReference.date").elements == std::vector<std::string>{"custodian", "date"});
    CHECK(parts("_elements", "custodian,date") == parts("_elements", "date,custodian"));
    CHECK(parts("_summary", "true").summary == Summary::yes);
    CHECK(parts("_summary", "data").summary == Summary::data);
    CHECK(parts("_summary", "false") == PointerParts{});
    CHECK(pointer_query({{"_elements", "date"}})->self == "?_elements=date");
}

TEST_CASE("a shape is made once, and as many are kept as there is room for") {
    const PointerShapes shapes;
    const auto whole = shapes.of({});
    CHECK(shapes.of({}) == whole);
    const PointerParts dates{.elements = {"date"}};
    CHECK(shapes.of(dates) == shapes.of(dates));
    for (std::size_t i = 0; i < PointerShapes::kShapesMax; ++i) (void)shapes.of({.elements = {"date", "x" + std::to_string(i)}});
    const PointerParts late{.elements = {"subject"}};
    CHECK(shapes.of(late) != shapes.of(late));
    CHECK(shapes.of({}) == whole);
    CHECK(shapes.of(late)->forms().end_of({"SE1", "Name", "http://n/fhir"}, true).find("custodian") == std::string::npos);
}
