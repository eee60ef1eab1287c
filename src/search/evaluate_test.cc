// What a search means, as a table: a resource, the queries that it fits, and those that it does not.
#include "search/evaluate.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"
#include "search/fold.h"
#include "search/subset.h"

namespace idun::search {
namespace {

// A code system of three codes, a > b > c, and a value set of a and b.
class Terms final : public fhir::Terminology {
public:
    fhir::Membership member_of(std::string_view, const fhir::Coded& coded) const override {
        return coded.system == "s" && (coded.code == "a" || coded.code == "b") ? fhir::Membership::in : fhir::Membership::out;
    }
    fhir::CodeCheck check(const fhir::Coded&) const override { return {}; }
    fhir::Membership subsumes(std::string_view system, std::string_view a, std::string_view b) const override {
        if (system != "s") return fhir::Membership::unknown;
        return a <= b ? fhir::Membership::in : fhir::Membership::out;
    }
    bool knows_value_set(std::string_view value_set) const override { return value_set == "http://set"; }
};

const Registry& known() {
    return Registry::r4();
}

bool fits_query(const json::Document& document, const std::string& query) {
    static const Terms terms;
    std::vector<std::pair<std::string, std::string>> pairs;
    const std::size_t equals = query.find('=');
    pairs.emplace_back(query.substr(0, equals), query.substr(equals + 1));
    const auto made = parse_search(known(), {std::string(document.root()["resourceType"].text())}, pairs,
                                   {.base_url = "http://here", .terminology = &terms});
    INFO(std::string(query));
    if (!made) MESSAGE(made.error()[0].message);
    REQUIRE(made);
    REQUIRE(made->clauses.size() == 1);
    return fits(made->clauses[0], document.root(), {.now = {1'767'225'600'000}, .base_url = "http://here", .terminology = &terms});
}

void check(const char* resource, std::initializer_list<const char*> yes, std::initializer_list<const char*> no) {
    const auto document = json::Document::parse(resource);
    REQUIRE(document);
    for (const char* query : yes) {
        INFO(std::string(query));
        CHECK(fits_query(*document, query));
    }
    for (const char* query : no) {
        INFO(std::string(query));
        CHECK(!fits_query(*document, query));
    }
}

TEST_CASE("tokens") {
    check(R"({"resourceType":"Observation","status":"final","identifier":[{"type":{"coding":[{"system":"t","code":"MR"}],"text":"Journal"},"system":"i","value":"77"}],
             "code":{"coding":[{"system":"s","code":"b","display":"Blod-glukos"},{"code":"n"}],"text":"Sugar in blood"}})",
          {"code=b", "code=s|b", "code=s|", "code=|n", "code=x,b", "code:not=z", "code:text=sugar", "code:text=BLOOD", "code:text=glukos",
           "code:missing=false", "category:missing=true", "status=final", "status=http://hl7.org/fhir/observation-status|final", "status:not=amended",
           "code:in=http://set", "category:not-in=http://set", "code:below=s|a", "code:above=s|c", "code:below=s|b", "identifier=77", "identifier=i|77",
           "identifier:of-type=t|MR|77", "combo-code=s|b", "category:not=z"},
          {"code=B", "code=x|b", "code=|b", "code=s|n", "code:not=b", "code:text=ugar", "code:missing=true", "status=amended",
           "status=http://elsewhere|final", "code:not-in=http://set", "code:below=s|c", "code:above=s|a", "identifier=78", "identifier=j|77",
           "identifier:of-type=t|SS|77", "identifier:of-type=t|MR|78", "category=b", "category:in=http://set"});
}

TEST_CASE("strings, without case, marks and too much space") {
    check(R"({"resourceType":"Patient","name":[{"family":"Ångström","given":["Märta  Lovisa","Bo"]}],"address":[{"city":"Malmö","postalCode":"211 20"}],
             "telecom":[{"system":"email","value":"Bo@Example.org"},{"system":"phone","value":"070"}],"birthDate":"1970-05-17","deceasedBoolean":false})",
          {"family=ang", "family=ÅNG", "family=angstrom", "name=bo", "given=märta lovisa", "name:contains=STRO", "family:exact=Ångström", "address-city=malmo",
           "address=211", "email=bo@example.org", "phone=070", "telecom=070", "birthdate=1970", "birthdate=1970-05-17", "birthdate=lt1971", "deceased=false",
           "gender:missing=true", "name:missing=false"},
          {"family=strom", "family:exact=ångström", "family:exact=Ångst", "given=lovisa", "name=x", "phone=bo@example.org", "birthdate=1971", "birthdate=1970-05-18",
           "deceased=true", "name:contains=q", "address-city=alm"});
}

TEST_CASE("numbers and quantities, in any unit that UCUM converts") {
    check(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"g"}]},
             "valueQuantity":{"value":5.40,"unit":"millimol","system":"http://unitsofmeasure.org","code":"mmol/L"}})",
          {"value-quantity=5.4", "value-quantity=5.40|http://unitsofmeasure.org|mmol/L", "value-quantity=5400|http://unitsofmeasure.org|umol/L",
           "value-quantity=gt0.005|http://unitsofmeasure.org|mol/L", "value-quantity=5.4||mmol/L", "value-quantity=5.4||millimol", "value-quantity=ap5",
           "value-quantity=ge5.4", "value-quantity=ne6", "value-quantity=lt5.41", "code-value-quantity=s|g$gt5", "combo-value-quantity=5.4",
           "value-quantity=5", "value-quantity=sa5.3", "value-quantity=eb5.5"},
          {"value-quantity=6", "value-quantity=gt5.4", "value-quantity=lt5.4", "value-quantity=5.4|http://unitsofmeasure.org|mg/dL", "value-quantity=5.4|urn:x|mmol/L",
           "value-quantity=5.400|http://unitsofmeasure.org|umol/L", "code-value-quantity=s|h$gt5", "code-value-quantity=s|g$gt6", "value-quantity=ap4.5", "value-quantity=ne5",
           "component-value-quantity=5.4", "value-quantity=ne5.4"});
    check(R"({"resourceType":"Observation","valueQuantity":{"value":5,"comparator":"<"}})", {"value-quantity=lt4", "value-quantity=ne5"},
          {"value-quantity=gt5", "value-quantity=5", "value-quantity=sa1"});
    check(R"({"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":0.5}]})", {"probability=0.5", "probability=gt0.4"}, {"probability=0.6"});
    check(R"({"resourceType":"Invoice","totalGross":{"value":100.5,"currency":"SEK"}})", {"totalgross=100.5|urn:iso:std:iso:4217|SEK", "totalgross=100.5"},
          {"totalgross=100.5|urn:iso:std:iso:4217|EUR"});
}

TEST_CASE("a composite fits within one element") {
    const char* resource = R"({"resourceType":"Observation","component":[{"code":{"coding":[{"code":"sys"}]},"valueQuantity":{"value":120}},
                                                                        {"code":{"coding":[{"code":"dia"}]},"valueQuantity":{"value":80}}]})";
    check(resource, {"component-code-value-quantity=sys$120", "combo-code-value-quantity=dia$80", "component-code-value-quantity=x$1,dia$lt90"},
          {"component-code-value-quantity=sys$80", "combo-code-value-quantity=dia$120", "code-value-quantity=sys$120"});
    check(R"({"resourceType":"MolecularSequence","referenceSeq":{"chromosome":{"coding":[{"code":"1"}]},"windowStart":10,"windowEnd":20},"variant":[{"start":3,"end":4}]})",
          {"chromosome-variant-coordinate=1$3$4", "chromosome-window-coordinate=1$ge10$le20"}, {"chromosome-variant-coordinate=2$3$4", "chromosome-variant-coordinate=1$4$4"});
}

TEST_CASE("references") {
    check(R"({"resourceType":"Observation","subject":{"reference":"Patient/1","identifier":{"system":"p","value":"9"}},"encounter":{"reference":"http://here/Encounter/2/_history/3"},
             "performer":[{"reference":"http://there/Practitioner/4"},{"display":"somebody"}],"hasMember":[{"reference":"#in"}]})",
          {"subject=Patient/1", "subject=1", "subject:Patient=1", "patient=1", "patient=Patient/1", "subject=http://here/Patient/1", "encounter=2", "encounter=Encounter/2",
           "performer=http://there/Practitioner/4", "subject:identifier=p|9", "subject:identifier=9", "device:missing=true", "subject:missing=false"},
          {"subject=Group/1", "subject=2", "subject:Group=1", "patient=2", "performer=Practitioner/4", "subject:identifier=q|9", "performer:identifier=9", "subject:missing=true",
           "encounter=http://there/Encounter/2"});
    check(R"({"resourceType":"Observation","subject":{"reference":"Group/1"}})", {"subject=Group/1", "patient:missing=true"}, {"patient=1", "patient:missing=false"});
    check(R"({"resourceType":"PlanDefinition","library":["http://l/a|2"],"url":"http://x/b/c"})",
          {"url=http://x/b/c", "url:below=http://x/b", "url:above=http://x/b/c/d", "url:missing=false"},
          {"url=http://x/b", "url:below=http://x/b/cd", "url:below=http://x/bb", "url:above=http://x/b"});
    check(R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","id":"c"}}]})", {"composition=Composition/c", "composition=c"}, {"composition=d"});
}

TEST_CASE("places") {
    // Stockholm; Uppsala lies 63 km away.
    check(R"({"resourceType":"Location","position":{"latitude":59.3293,"longitude":18.0686}})",
          {"near=59.8586|17.6389|70|km", "near=59.3293|18.0686", "near=59.33|18.07|500|m", "near=59.8586|17.6389|45|[mi_i]"},
          {"near=59.8586|17.6389|60|km", "near=59.8586|17.6389", "near=-59.3293|18.0686|100|km"});
    check(R"({"resourceType":"Location","position":{}})", {}, {"near=0|0|100000|km"});
}

TEST_CASE("texts order as their values do") {
    const Parameter* quantity = known().find("Observation", "value-quantity");
    const auto order = [&](const char* value) {
        const auto document = json::Document::parse(std::string(R"({"resourceType":"Observation","valueQuantity":)") + value + "}");
        return sort_text(*quantity, document->root(), false, "");
    };
    CHECK(order(R"({"value":-2})") < order(R"({"value":-1})"));
    CHECK(order(R"({"value":-1})") < order(R"({"value":0})"));
    CHECK(order(R"({"value":0})") < order(R"({"value":0.5})"));
    CHECK(order(R"({"value":9})") < order(R"({"value":10})"));
    CHECK(order(R"({"value":9,"system":"http://unitsofmeasure.org","code":"g"})") < order(R"({"value":1,"system":"http://unitsofmeasure.org","code":"kg"})"));
    CHECK(order("{}").empty());
    CHECK(sort_text(-5) < sort_text(5));
    CHECK(sort_text(std::numeric_limits<std::int64_t>::min()) < sort_text(-1));
}

TEST_CASE("folding") {
    CHECK(folded("  Ångström \t ÖRJAN ") == "angstrom orjan");
    CHECK(folded("Straße") == "strasse");
    CHECK(folded("Łódź Ørsted Ægir þórr") == "lodz orsted aegir thorr");
    CHECK(folded("ΣΊΣΥΦΟΣ") == folded("σίσυφος"));
    CHECK(folded("ЙОД") == folded("йод"));
    CHECK(folded("A\u0301") == "a");
    CHECK(folded("日本") == "日本");
    CHECK(folded("") == "");
    CHECK(head("aé", 2) == "a");
    CHECK(head("aé", 3) == "aé");
}

TEST_CASE("summaries and elements") {
    const auto document = json::Document::parse(
        R"({"resourceType":"Patient","id":"1","meta":{"versionId":"1","tag":[{"code":"t"}]},"text":{"status":"generated","div":"<div/>"},"active":true,)"
        R"("birthDate":"1970","_birthDate":{"id":"x"},"maritalStatus":{"text":"m"},"contact":[{"gender":"male"}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]})");
    REQUIRE(document);
    const auto cut = [&](Query::Summary summary, std::vector<std::string> elements = {}) {
        return subset(fhir::Definitions::r4(), document->root(), summary, elements);
    };
    const std::string meta = R"({"resourceType":"Patient","id":"1","meta":{"versionId":"1","tag":[{"code":"t"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]})";
    CHECK(cut(Query::Summary::text) == meta + R"(,"text":{"status":"generated","div":"<div/>"}})");
    CHECK(cut(Query::Summary::yes) == meta + R"(,"active":true,"birthDate":"1970","_birthDate":{"id":"x"},"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]})");
    CHECK(cut(Query::Summary::none, {"birthDate"}) == meta + R"(,"birthDate":"1970","_birthDate":{"id":"x"}})");
    CHECK(cut(Query::Summary::data).find("\"text\":{") == std::string::npos);
    CHECK(cut(Query::Summary::data).find("maritalStatus") != std::string::npos);
}

}  // namespace
}  // namespace idun::search
