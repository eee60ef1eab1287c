#include "search/query.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"

namespace idun::search {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

const Registry& known() {
    return Registry::r4();
}

const SearchLimits kLimits{.base_url = "http://here/fhir"};

tl::expected<Query, std::vector<Error>> parse(const std::string& type, const std::string& query, const SearchLimits& limits = kLimits) {
    Pairs pairs;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string one = query.substr(at, end - at);
        const std::size_t equals = one.find('=');
        pairs.emplace_back(one.substr(0, equals), equals == std::string::npos ? "" : one.substr(equals + 1));
        at = end + 1;
    }
    return parse_search(known(), {type}, pairs, limits);
}

TEST_CASE("queries that are understood") {
    const std::pair<const char*, const char*> cases[] = {
        {"Observation", "code=a"}, {"Observation", "code=s|a,b,|c,s|"}, {"Observation", "code=a\\,b\\|c\\$d\\\\e"},
        {"Observation", "code:not=a"}, {"Observation", "code:text=glu"}, {"Observation", "code:missing=true"},
        {"Observation", "identifier:of-type=s|MR|1"}, {"Observation", "date=ge2020-01&date=lt2021"},
        {"Observation", "value-quantity=5.4|http://unitsofmeasure.org|mg"}, {"Observation", "value-quantity=ap5.40e-3"},
        {"Observation", "value-quantity=le5||mg"}, {"Observation", "code-value-quantity=s|a$gt5"},
        {"Observation", "code-value-concept=s|a$s|b,x$y"}, {"Observation", "combo-code-value-quantity=a$5"},
        {"Observation", "subject=Patient/1"}, {"Observation", "subject=1"}, {"Observation", "subject:Patient=1"},
        {"Observation", "subject=http://here/fhir/Patient/1"}, {"Observation", "subject=http://there/Patient/1"},
        {"Observation", "subject:identifier=s|1"}, {"Observation", "subject:missing=false"},
        {"Observation", "subject:Patient.name=a"}, {"Observation", "patient.name=a"}, {"Observation", "subject.name=a"},
        {"Observation", "patient.organization.name:exact=a"}, {"Observation", "patient._id=1"},
        {"Observation", "patient._has:Condition:patient:code=x"}, {"Observation", "subject:Patient.identifier=a|b"},
        {"Patient", "_has:Observation:patient:code=1234-5"}, {"Patient", "_has:Observation:patient:_has:Provenance:target:agent=Practitioner/1"},
        {"Patient", "name=a&family:exact=B&given:contains=c"}, {"Patient", "birthdate=eq1970"}, {"Patient", "deceased=true"},
        {"Patient", "_id=a,b&_lastUpdated=gt2020"}, {"Patient", "_tag=s|a&_profile=http://x&_security=b&_source=http://y"},
        {"Patient", "_list=42"}, {"Patient", "general-practitioner.name=x"},
        {"ValueSet", "url=http://a"}, {"ValueSet", "url:below=http://a"}, {"ValueSet", "url:above=http://a"},
        {"RiskAssessment", "probability=gt0.5"}, {"Location", "near=59.3|18.1|10|km"}, {"Location", "near=59.3|18.1"},
        {"Observation", "_sort=-date,code&_count=5&_total=none"}, {"Observation", "_summary=text"}, {"Observation", "_elements=code,status"},
        {"Observation", "_include=Observation:patient"}, {"Observation", "_include=*"}, {"Observation", "_include=Observation:*"},
        {"Observation", "_include:iterate=Patient:general-practitioner"}, {"Observation", "_include=Observation:subject:Patient"},
        {"Patient", "_revinclude=Observation:subject"}, {"Patient", "_revinclude=*"}, {"Patient", "_revinclude:iterate=Provenance:target"},
        {"Bundle", "composition=Composition/1"}, {"Bundle", "message.destination-uri=x"},
    };
    for (const auto& [type, query] : cases) {
        INFO(std::string(type));
        INFO(std::string(query));
        const auto made = parse(type, query);
        if (!made) MESSAGE(made.error()[0].message);
        CHECK(made);
    }
}

TEST_CASE("queries that are refused, without their values") {
    const std::pair<const char*, const char*> cases[] = {
        {"Observation", "nonsense=secret"}, {"Observation", "code=secret,"}, {"Observation", "code="}, {"Observation", "code=a|secret|c"},
        {"Observation", "code=|"}, {"Observation", "code=secret\\x"}, {"Observation", "code:exact=secret"}, {"Observation", "code:secret=a"},
        {"Observation", "code:=secret"}, {"Observation", "code.=secret"}, {"Observation", "code.x=secret"}, {"Observation", "code:missing=secret"},
        {"Observation", "code:in=http://secret"}, {"Observation", "code:below=s|secret"}, {"Observation", "code:of-type=s|a|secret"},
        {"Observation", "date=secret"}, {"Observation", "date=xx2020"}, {"Observation", "date:exact=2020"}, {"Observation", "date=2020-13"},
        {"Observation", "value-quantity=secret"}, {"Observation", "value-quantity=5|mg"}, {"Observation", "value-quantity=5|a|"},
        {"Observation", "value-quantity=1e999999"}, {"Observation", "value-quantity=+5"}, {"Observation", "code-value-quantity=secret"},
        {"Observation", "code-value-quantity=a$5$6"}, {"Observation", "code-value-quantity=a$secret"}, {"Observation", "code-value-quantity:exact=a$1"},
        {"Observation", "subject=Secret/1"}, {"Observation", "subject=Practitioner/secret"}, {"Observation", "subject:Practitioner=1"},
        {"Observation", "subject:Patient=Group/1"}, {"Observation", "subject:Nonsense.name=a"}, {"Observation", "subject:Practitioner.name=a"},
        {"Observation", "patient.nonsense=secret"}, {"Observation", "patient.name.family=secret"}, 
        {"Observation", "patient.patient=secret"}, {"Patient", "_has:Observation:patient=secret"}, {"Patient", "_has:Observation:code:code=x"},
        {"Patient", "_has:Nonsense:patient:code=x"}, {"Patient", "_has:Observation:encounter:code=x"}, {"Patient", "_has:Observation:patient:nonsense=x"},
        {"Patient", "_has:=x"}, {"Patient", "_id:missing=true"}, {"Patient", "_id=a b"}, {"Patient", "_lastUpdated=secret"}, {"Patient", "_text=secret"},
        {"Patient", "_content=secret"}, {"Patient", "_filter=secret"}, {"Patient", "_query=secret"}, {"Patient", "_type=Patient"},
        {"Location", "near=secret"}, {"Location", "near=95|0"}, {"Location", "near=1|1|-5|km"}, {"Location", "near=1|1|5|parsec"},
        {"Observation", "_count=-1"}, {"Observation", "_count=secret"}, {"Observation", "_count=1&_count=2"}, {"Observation", "_sort=secret"},
        {"Observation", "_sort=code-value-quantity"}, {"Observation", "_total=secret"}, {"Observation", "_summary=secret"},
        {"Observation", "_elements=secret"}, {"Observation", "_include=secret"}, {"Observation", "_include=Observation:code"},
        {"Observation", "_include=Patient:link"}, {"Observation", "_include=Observation:patient:Device"}, {"Observation", "_include:all=Observation:patient"},
        {"Patient", "_revinclude=Observation:encounter"}, {"Patient", "_revinclude=Nonsense:patient"}, {"Patient", "_include=a:b:c:d"},
        {"Patient", "_sort=name,name,name,name,name,name,name,name,name"},
    };
    for (const auto& [type, query] : cases) {
        INFO(std::string(type));
        INFO(std::string(query));
        const auto made = parse(type, query);
        CHECK(!made);
        if (made) continue;
        REQUIRE(!made.error().empty());
        for (const Error& error : made.error()) {
            CHECK(error.message.find("secret") == std::string::npos);
            CHECK(!error.message.empty());
        }
    }
}

TEST_CASE("bounds") {
    std::string many = "a";
    for (int i = 0; i < 600; ++i) many += ",a";
    CHECK(!parse("Observation", "code=" + many));
    CHECK(!parse("Observation", "code=" + std::string(3000, 'a')));
    CHECK(!parse_search(known(), {"Patient"}, Pairs(60, {"_id", "1"}), kLimits));
    CHECK(!parse("Patient", "link.link.link.link.link.link.link.link._id=1"));
    std::string deep;
    for (int i = 0; i < 10; ++i) deep += "_has:Observation:patient:";
    CHECK(!parse("Patient", deep + "code=1"));
    CHECK(!parse_search(known(), {"Patient"}, Pairs(30, {"_include", "*"}), kLimits));
}

TEST_CASE("lenient: what is not understood is named, and the rest is done") {
    SearchLimits lenient = kLimits;
    lenient.lenient = true;
    const auto made = parse("Observation", "nonsense=1&code=a&code:wrong=b&_sort=nothing&subject.nonsense=1", lenient);
    REQUIRE(made);
    CHECK(made->clauses.size() == 1);
    REQUIRE(made->ignored.size() == 4);
    CHECK(made->ignored[0].path == "nonsense");
    // A malformed value is still an error: leaving it out would show too much.
    CHECK(!parse("Observation", "date=secret", lenient));
}

TEST_CASE("a chain leads to every type that has the parameter at its end") {
    const auto made = parse("Observation", "subject.name=a");
    REQUIRE(made);
    REQUIRE(made->clauses.size() == 1);
    std::string types;
    for (const auto& inner : made->clauses[0].inner) types += inner->types[0] + " ";
    CHECK(types == "Location Patient ");
}

TEST_CASE("chains that lead to too many types are refused, not followed") {
    SearchLimits few = kLimits;
    few.inner_max = 20;
    for (const char* query : {"subject._id=a", "subject:Patient._has:Provenance:target:target._id=a"}) {
        CAPTURE(query);
        CHECK(parse("Composition", query));
        const auto refused = parse("Composition", query, few);
        REQUIRE(!refused);
        CHECK(refused.error().at(0).category == Category::too_large);
    }
    CHECK(parse("Composition", "subject:Patient.general-practitioner:Practitioner.name=a", few));
}

TEST_CASE("several types: what every one of them has") {
    CHECK(parse_search(known(), {"Observation", "Condition"}, {{"patient", "1"}, {"code", "x"}}, kLimits));
    CHECK(!parse_search(known(), {"Observation", "Patient"}, {{"code", "x"}}, kLimits));
    CHECK(parse_search(known(), {"Observation", "Patient"}, {{"_id", "x"}, {"_sort", "_lastUpdated"}}, kLimits));
}

TEST_CASE("numbers carry their precision") {
    const auto range = [](const char* text) {
        const auto made = parse("RiskAssessment", std::string("probability=") + text);
        REQUIRE(made);
        const Criterion& c = made->clauses[0].criteria[0];
        return c.low.canonical() + " " + c.high.canonical();
    };
    CHECK(range("100") == "99.5 100.5");
    CHECK(range("100.00") == "99.995 100.005");
    CHECK(range("1e2") == "95 105");
    CHECK(range("-5") == "-5.5 -4.5");
}

}  // namespace
}  // namespace idun::search
