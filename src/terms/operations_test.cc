#include "terms/operations.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::terms;

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

const std::string kAnimals = R"json({"resourceType":"CodeSystem","url":"http://animals","version":"2","title":"Animals","language":"en","content":"complete",
  "property":[{"code":"legs","type":"integer"}],
  "concept":[{"code":"animal","display":"Animal","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
     {"code":"cat","display":"Cat","definition":"Purrs.","property":[{"code":"legs","valueInteger":4}],
      "designation":[{"language":"sv","use":{"system":"http://uses","code":"official"},"value":"Katt"},{"language":"de","value":"Katze"}]},
     {"code":"dodo","display":"Dodo","property":[{"code":"inactive","valueBoolean":true}]}]},{"code":"stone","display":"Stone"}]})json";
const std::string kPets = R"({"resourceType":"ValueSet","id":"pets","url":"http://pets","version":"1","status":"active","compose":{"include":[{"system":"http://animals",
  "concept":[{"code":"cat","display":"My cat"},{"code":"dodo"}]},{"system":"http://snomed.info/sct","concept":[{"code":"448771007","display":"Dog","designation":[{"language":"sv","value":"Hund"}]}]}]}})";
const std::string kAll = R"({"resourceType":"ValueSet","url":"http://all","status":"active","compose":{"include":[{"system":"http://animals"}]}})";
const std::string kMap = R"({"resourceType":"ConceptMap","url":"http://map","status":"active","sourceUri":"http://all","targetUri":"http://beasts-set","group":[{"source":"http://animals","target":"http://beasts",
  "element":[{"code":"cat","target":[{"code":"felis","display":"Felis catus","equivalence":"wider","product":[{"property":"http://habit","system":"http://habits","value":"purrs"}]}]},
             {"code":"dodo","target":[{"equivalence":"unmatched"}]},
             {"code":"stone","target":[{"code":"rock","equivalence":"equal","dependsOn":[{"property":"http://mood","value":"hard"}]}]}],
  "unmapped":{"mode":"fixed","code":"other","display":"Other"}},
  {"source":"http://letters","target":"http://numbers","element":[{"code":"a","target":[{"code":"1","equivalence":"equal"}]}],"unmapped":{"mode":"provided"}},
  {"source":"http://else","target":"http://beasts","element":[],"unmapped":{"mode":"other-map","url":"http://map2"}}]})";
const std::string kMap2 = R"({"resourceType":"ConceptMap","url":"http://map2","group":[{"source":"http://else","target":"http://beasts","element":[{"code":"x","target":[{"code":"felis","equivalence":"equivalent"}]}],
  "unmapped":{"mode":"other-map","url":"http://map"}}]})";

const Terms& terms() {
    static const Terms all = [] {
        const std::vector<std::pair<std::string, std::string>> files = {{"a", kAnimals}, {"b", kPets}, {"c", kAll}, {"d", kMap}, {"e", kMap2},
            {"f", R"({"resourceType":"ValueSet","url":"http://loop","compose":{"include":[{"valueSet":["http://loop"]}]}})"},
            {"g", R"({"resourceType":"ValueSet","url":"http://snomed","compose":{"include":[{"system":"http://snomed.info/sct"}]}})"},
            {"h", R"({"resourceType":"CodeSystem","url":"http://beasts","content":"complete","concept":[{"code":"felis","display":"Felis catus"}]})"}};
        return Terms(fhir::PackageSet({fhir::Package::r4_core(), fhir::Package::of(files)}));
    }();
    return all;
}

using Operation = Result<std::string> (*)(const Terms&, const Inputs&);

std::string shown(const Result<std::string>& answer) {
    if (!answer) return std::string(to_string(answer.error().category)) + ": " + answer.error().message;
    REQUIRE(json::Document::parse(*answer).has_value());
    return *answer;
}
std::string ask(Operation operation, const Query& query) { return shown(operation(terms(), Inputs::from_query(query))); }
std::string post(Operation operation, const std::string& parameters) {
    const auto body = json::Document::parse(R"({"resourceType":"Parameters","parameter":[)" + parameters + "]}");
    REQUIRE(body.has_value());
    const auto inputs = Inputs::from_parameters(body->root());
    REQUIRE(inputs.has_value());
    return shown(operation(terms(), *inputs));
}
Result<std::string> expand_now(const Terms& t, const Inputs& inputs) { return expand(t, inputs, {.now = "2026-11-25T22:00:00Z", .identifier = "urn:uuid:x"}); }

// Codes of an expansion, nested ones in parentheses.
std::string listed(json::Value contains) {
    std::string out;
    for (const json::Value one : contains.elements()) {
        out += (out.empty() ? "" : " ") + std::string(one["code"].text());
        if (one["contains"]) out += "(" + listed(one["contains"]) + ")";
    }
    return out;
}
std::string expanded(const Query& query) {
    const auto answer = expand_now(terms(), Inputs::from_query(query));
    if (!answer) return std::string(to_string(answer.error().category));
    const auto document = json::Document::parse(*answer);
    const json::Value expansion = document->root()["expansion"];
    return std::string(expansion["total"].text()) + ": " + listed(expansion["contains"]);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("$lookup") {
    const std::string cat = ask(lookup, {{"system", "http://animals"}, {"code", "cat"}});
    CHECK(has(cat, R"({"name":"name","valueString":"Animals"})"));
    CHECK(has(cat, R"({"name":"version","valueString":"2"})"));
    CHECK(has(cat, R"({"name":"display","valueString":"Cat"})"));
    CHECK(has(cat, R"({"name":"language","valueCode":"sv"},{"name":"use","valueCoding":{"system":"http://uses","code":"official"}},{"name":"value","valueString":"Katt"})"));
    CHECK(has(cat, R"({"name":"code","valueCode":"legs"},{"name":"value","valueInteger":4})"));
    CHECK(has(cat, R"({"name":"code","valueCode":"definition"},{"name":"value","valueString":"Purrs."})"));
    CHECK(has(cat, R"({"name":"code","valueCode":"parent"},{"name":"value","valueCode":"animal"},{"name":"description","valueString":"Animal"})"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "animal"}}), R"({"name":"code","valueCode":"child"},{"name":"value","valueCode":"dodo"})"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "dodo"}}), R"({"name":"code","valueCode":"inactive"},{"name":"value","valueBoolean":true})"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "cat"}, {"displayLanguage", "sv-SE"}}), R"({"name":"display","valueString":"Katt"})"));
    const std::string some = ask(lookup, {{"system", "http://animals"}, {"code", "cat"}, {"property", "legs"}, {"property", "lang.de"}});
    CHECK(has(some, "legs"));
    CHECK(has(some, "Katze"));
    CHECK(!has(some, "Katt\""));
    CHECK(!has(some, "parent"));
    CHECK(has(post(lookup, R"({"name":"coding","valueCoding":{"system":"http://animals","version":"2","code":"cat"}})"), "Purrs"));
    CHECK(has(ask(lookup, {{"system", "urn:ietf:bcp:47"}, {"code", "sv-SE"}}), "BCP 47"));
}

TEST_CASE("$lookup: bad questions") {
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "unicorn"}}), "not_found: code system http://animals has no such code"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"version", "9"}, {"code", "cat"}}), "not_found"));
    CHECK(has(ask(lookup, {{"system", "http://nowhere"}, {"code", "cat"}}), "not_found"));
    CHECK(has(ask(lookup, {{"system", "urn:ietf:bcp:47"}, {"code", "s s"}}), "not_found"));
    CHECK(has(ask(lookup, {{"code", "cat"}}), "invalid"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}}), "invalid"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", ""}}), "invalid"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "cat"}, {"code", "dodo"}}), "invalid: parameter code is given twice"));
    CHECK(has(ask(lookup, {{"system", "http://animals"}, {"code", "cat"}, {"colour", "red"}}), "invalid: a parameter is not among those"));
    CHECK(has(post(lookup, R"({"name":"coding","valueCoding":{"system":"http://animals"}})"), "invalid"));
    CHECK(has(post(lookup, R"({"name":"coding","valueString":"cat"})"), "invalid"));
}

TEST_CASE("$subsumes") {
    const auto of = [](const char* a, const char* b) { return ask(subsumes, {{"system", "http://animals"}, {"codeA", a}, {"codeB", b}}); };
    CHECK(has(of("animal", "cat"), R"("valueCode":"subsumes")"));
    CHECK(has(of("cat", "animal"), R"("valueCode":"subsumed-by")"));
    CHECK(has(of("cat", "cat"), R"("valueCode":"equivalent")"));
    CHECK(has(of("cat", "stone"), R"("valueCode":"not-subsumed")"));
    CHECK(has(post(subsumes, R"({"name":"codingA","valueCoding":{"system":"http://animals","code":"animal"}},{"name":"codingB","valueCoding":{"system":"http://animals","code":"cat"}})"), "subsumes"));
    CHECK(has(of("cat", "unicorn"), "not_found"));
    CHECK(has(ask(subsumes, {{"codeA", "cat"}, {"codeB", "cat"}}), "invalid"));
    CHECK(has(ask(subsumes, {{"system", "http://animals"}, {"codeA", "cat"}}), "invalid"));
    CHECK(has(ask(subsumes, {{"system", "http://nowhere"}, {"codeA", "cat"}, {"codeB", "cat"}}), "not_found"));
    CHECK(has(post(subsumes, R"({"name":"codingA","valueCoding":{"system":"http://animals","code":"animal"}},{"name":"codingB","valueCoding":{"system":"http://b","code":"cat"}})"), "invalid"));
}

TEST_CASE("CodeSystem/$validate-code") {
    const auto of = [](Query more) {
        more.emplace_back("url", "http://animals");
        return ask(validate_code_in_system, more);
    };
    CHECK(has(of({{"code", "cat"}}), R"({"name":"result","valueBoolean":true},{"name":"display","valueString":"Cat"})"));
    CHECK(has(of({{"code", "cat"}, {"display", "katt"}}), R"("valueBoolean":true)"));
    CHECK(has(of({{"code", "cat"}, {"display", "Dog"}}), R"("valueBoolean":false},{"name":"message","valueString":"the display is none of the code's names"},{"name":"display","valueString":"Cat"})"));
    CHECK(has(of({{"code", "unicorn"}}), R"("valueBoolean":false},{"name":"message","valueString":"code system http://animals has no such code"})"));
    CHECK(has(of({{"code", "animal"}}), "heading"));
    CHECK(has(of({{"code", "animal"}, {"abstract", "true"}}), R"("valueBoolean":true)"));
    CHECK(has(of({{"code", "dodo"}}), "the code is inactive"));
    CHECK(has(of({{"code", "cat"}, {"displayLanguage", "sv"}}), "Katt"));
    CHECK(has(of({{"code", "cat"}, {"system", "http://animals"}}), "invalid"));
    CHECK(has(of({{"code", "cat"}, {"abstract", "perhaps"}}), "invalid"));
    CHECK(has(ask(validate_code_in_system, {{"url", "http://nowhere"}, {"code", "cat"}}), "not_found"));
    CHECK(has(ask(validate_code_in_system, {{"code", "cat"}}), "invalid"));
    CHECK(has(ask(validate_code_in_system, {{"url", "urn:ietf:bcp:13"}, {"code", "text/plain"}}), R"("valueBoolean":true)"));
    CHECK(has(ask(validate_code_in_system, {{"url", "urn:ietf:bcp:13"}, {"code", "plain"}}), R"("valueBoolean":false)"));
    CHECK(has(post(validate_code_in_system, R"({"name":"codeableConcept","valueCodeableConcept":{"coding":[{"system":"http://animals","code":"no"},{"system":"http://animals","code":"cat"}]}})"), R"("valueBoolean":true)"));
    CHECK(has(post(validate_code_in_system, R"({"name":"url","valueUri":"http://animals"},{"name":"coding","valueCoding":{"system":"http://other","code":"cat"}})"), "another system"));
    CHECK(has(post(validate_code_in_system, R"({"name":"code","valueCode":"x"},{"name":"codeSystem","resource":{"resourceType":"CodeSystem","url":"http://own","content":"complete","concept":[{"code":"x"}]}})"), R"("valueBoolean":true)"));
    CHECK(has(post(validate_code_in_system, R"({"name":"code","valueCode":"x"},{"name":"codeSystem","resource":{"resourceType":"Patient"}})"), "invalid"));
    CHECK(has(post(validate_code_in_system, R"({"name":"codeableConcept","valueCodeableConcept":{"text":"cat"}},{"name":"url","valueUri":"http://animals"})"), "invalid"));
}

TEST_CASE("ValueSet/$validate-code") {
    const auto of = [](Query more) {
        more.emplace_back("url", "http://pets");
        return ask(validate_code_in_value_set, more);
    };
    CHECK(has(of({{"system", "http://animals"}, {"code", "cat"}}), R"("valueBoolean":true)"));
    CHECK(has(of({{"system", "http://animals"}, {"code", "stone"}}), "the code is not in the value set"));
    CHECK(has(of({{"system", "http://animals"}, {"code", "cat"}, {"display", "Dog"}}), R"("valueBoolean":false)"));
    CHECK(has(of({{"system", "http://snomed.info/sct"}, {"code", "448771007"}}), R"("valueBoolean":true},{"name":"display","valueString":"Dog"})"));
    CHECK(has(of({{"system", "http://snomed.info/sct"}, {"code", "1"}}), R"("valueBoolean":false)"));
    CHECK(has(of({{"code", "cat"}}), "invalid"));
    CHECK(has(ask(validate_code_in_value_set, {{"url", "http://snomed"}, {"system", "http://snomed.info/sct"}, {"code", "1"}}), "cannot be judged: code system http://snomed.info/sct is not at hand"));
    CHECK(has(ask(validate_code_in_value_set, {{"url", "http://snomed"}, {"system", "http://animals"}, {"code", "1"}}), "not in the value set"));
    CHECK(has(ask(validate_code_in_value_set, {{"url", "http://nowhere"}, {"system", "http://animals"}, {"code", "cat"}}), "not_found"));
    CHECK(has(ask(validate_code_in_value_set, {{"url", "http://loop"}, {"system", "http://animals"}, {"code", "cat"}}), "without end"));
    CHECK(has(ask(validate_code_in_value_set, {{"system", "http://animals"}, {"code", "cat"}}), "invalid"));
    CHECK(has(ask(validate_code_in_value_set, {{"context", "http://x"}, {"system", "http://animals"}, {"code", "cat"}}), "unsupported"));
    CHECK(has(post(validate_code_in_value_set, R"({"name":"coding","valueCoding":{"system":"http://animals","code":"cat"}},{"name":"valueSet","resource":)" + kAll + "}"), R"("valueBoolean":true)"));
    CHECK(has(post(validate_code_in_value_set, R"({"name":"coding","valueCoding":{"system":"http://animals","code":"animal"}},{"name":"valueSet","resource":)" + kAll + "}"), "heading"));
    CHECK(has(post(validate_code_in_value_set, R"({"name":"coding","valueCoding":{"system":"http://animals","code":"cat"}},{"name":"valueSet","resource":{"resourceType":"ValueSet"}})"), "invalid"));
}

TEST_CASE("$expand") {
    CHECK(expanded({{"url", "http://all"}}) == "4: animal cat dodo stone");
    CHECK(expanded({{"url", "http://pets"}}) == "3: cat dodo 448771007");
    CHECK(expanded({{"url", "http://pets|1"}}) == "3: cat dodo 448771007");
    CHECK(expanded({{"url", "http://pets"}, {"valueSetVersion", "2"}}) == "not_found");
    CHECK(expanded({{"url", "http://all"}, {"excludeNested", "false"}}) == "4: animal(cat dodo) stone");
    CHECK(expanded({{"url", "http://all"}, {"activeOnly", "true"}}) == "3: animal cat stone");
    CHECK(expanded({{"url", "http://all"}, {"excludeNotForUI", "true"}}) == "3: cat dodo stone");
    CHECK(expanded({{"url", "http://all"}, {"filter", "KAT"}}) == "1: cat");
    CHECK(expanded({{"url", "http://pets"}, {"filter", "hund"}}) == "1: 448771007");
    CHECK(expanded({{"url", "http://pets"}, {"filter", "my"}}) == "1: cat");
    CHECK(expanded({{"url", "http://pets"}, {"filter", "nothing"}}) == "0: ");
    CHECK(expanded({{"url", "http://all"}, {"count", "2"}}) == "4: animal cat");
    CHECK(expanded({{"url", "http://all"}, {"count", "2"}, {"offset", "3"}}) == "4: stone");
    CHECK(expanded({{"url", "http://all"}, {"offset", "9"}}) == "4: ");
    CHECK(expanded({{"url", "http://all"}, {"count", "0"}}) == "4: ");
    CHECK(expanded({{"url", "http://pets"}, {"exclude-system", "http://animals"}}) == "1: 448771007");
    CHECK(expanded({{"url", "http://animals?fhir_vs=isa/animal"}}) == "3: animal cat dodo");

    const std::string pets = ask(expand_now, {{"url", "http://pets"}, {"includeDesignations", "true"}, {"displayLanguage", "sv"}});
    CHECK(has(pets, R"("code":"cat","display":"Katt","designation":[{"language":"sv","use":{"system":"http://uses","code":"official"},"value":"Katt"},{"language":"de","value":"Katze"}])"));
    CHECK(has(pets, R"("code":"448771007","display":"Hund")"));
    CHECK(has(pets, R"("inactive":true,"code":"dodo")"));
    CHECK(has(pets, R"("identifier":"urn:uuid:x","timestamp":"2026-11-25T22:00:00Z","total":3)"));
    CHECK(has(pets, R"("valueUri":"http://animals|2")"));
    CHECK(!has(pets, "compose"));
    CHECK(has(ask(expand_now, {{"url", "http://pets"}}), R"("display":"My cat")"));
    CHECK(has(ask(expand_now, {{"url", "http://pets"}, {"includeDefinition", "true"}}), "compose"));
    const std::string german = ask(expand_now, {{"url", "http://all"}, {"designation", "de"}});
    CHECK(has(german, "Katze"));
    CHECK(!has(german, "Katt\""));
    CHECK(has(ask(expand_now, {{"url", "http://all"}, {"designation", "http://uses|official"}}), "Katt\""));
    CHECK(has(post(expand_now, R"({"name":"valueSet","resource":)" + kAll + "}"), R"("total":4)"));
}

TEST_CASE("$expand: bad questions, and what cannot be listed") {
    CHECK(has(ask(expand_now, {{"url", "http://loop"}}), "invalid: value sets include each other without end"));
    CHECK(has(ask(expand_now, {{"url", "http://snomed"}}), "unsupported: the value set cannot be expanded: code system http://snomed.info/sct is not at hand"));
    CHECK(has(ask(expand_now, {{"url", "http://hl7.org/fhir/ValueSet/mimetypes"}}), "too_large"));
    CHECK(expanded({{"url", "http://nowhere"}}) == "not_found");
    for (const Query& query : std::vector<Query>{{}, {{"url", "http://all"}, {"count", "-1"}}, {{"url", "http://all"}, {"count", "many"}}, {{"url", "http://all"}, {"offset", "1.5"}},
                                                 {{"url", "http://all"}, {"activeOnly", "yes"}}, {{"url", "http://all"}, {"excludeNested", "false"}, {"count", "1"}},
                                                 {{"url", "http://all"}, {"filter", std::string(300, 'x')}}, {{"url", "http://all"}, {"page", "2"}}, {{"url", "http://all"}, {"url", "http://pets"}},
                                                 {{"url", "http://all"}, {"count", "99999999999999999999"}}}) {
        CHECK(expanded(query) == "invalid");
    }
    CHECK(has(post(expand_now, R"({"name":"valueSet","resource":{"resourceType":"Patient"}})"), "invalid"));
    CHECK(has(post(expand_now, R"({"name":"valueSet","valueString":"x"})"), "invalid"));
    std::string many = R"({"resourceType":"CodeSystem","url":"http://many","content":"complete","concept":[)";
    for (int i = 0; i < 10'001; ++i) many += std::string(i == 0 ? "" : ",") + R"({"code":"c)" + std::to_string(i) + R"("})";
    const std::vector<std::pair<std::string, std::string>> files = {{"m", many + "]}"}};
    const Terms own(fhir::PackageSet({fhir::Package::of(files)}));
    const auto all = expand_now(own, Inputs::from_query({{"url", "http://many?vs"}}));
    CHECK(all.error().category == Category::too_large);
    CHECK(expand_now(own, Inputs::from_query({{"url", "http://many?vs"}, {"count", "10"}})).has_value());
    CHECK(expand_now(own, Inputs::from_query({{"url", "http://many?vs"}, {"offset", "5"}})).has_value());
}

TEST_CASE("value sets and code systems that are made to hurt are refused") {
    std::string parts;
    for (int i = 0; i < 5001; ++i) parts += std::string(i == 0 ? "" : ",") + R"({"system":"http://s/)" + std::to_string(i) + R"("})";
    const auto inline_set = [](const std::string& compose, const std::string& contained, const std::string& more) {
        return post(expand_now, R"({"name":"valueSet","resource":{"resourceType":"ValueSet","contained":[)" + contained + R"(],"compose":)" + compose + "}}" + more);
    };
    CHECK(has(inline_set(R"({"include":[)" + parts + "]}", "", ""), "too_large: the value set has more than 5,000"));
    std::string chain = R"({"resourceType":"CodeSystem","id":"chain","url":"http://chain","content":"complete","property":[{"code":"parent","type":"code"}],"concept":[{"code":"0"})";
    for (int i = 1; i < 2000; ++i) chain += R"(,{"code":")" + std::to_string(i) + R"(","property":[{"code":"parent","valueCode":")" + std::to_string(i - 1) + R"("}]})";
    chain += "]}";
    CHECK(has(inline_set(R"({"include":[{"system":"#chain"}]})", chain, R"(,{"name":"excludeNested","valueBoolean":false})"), "too_large: the codes are nested more than 24 deep"));
    CHECK(has(inline_set(R"({"include":[{"system":"#chain","filter":[{"property":"concept","op":"is-a","value":"1990"}]}]})", chain, ""), R"("total":10)"));
    std::string many;
    for (int i = 0; i < 3000; ++i) many += std::string(i == 0 ? "" : ",") + R"({"system":"#chain","filter":[{"property":"code","op":"regex","value":".*"}]})";
    CHECK(has(inline_set(R"({"include":[)" + many + "]}", chain, ""), "too_large"));
    std::string expansion = R"({"contains":[)";
    for (int i = 0; i < 4000; ++i) expansion += std::string(i == 0 ? "" : ",") + R"({"code":"a","system":"http://s/)" + std::to_string(i) + R"("})";
    CHECK(has(post(expand_now, R"({"name":"valueSet","resource":{"resourceType":"ValueSet","expansion":)" + expansion + "]}}}"), "too_large"));
}

TEST_CASE("$translate") {
    const auto of = [](Query more) {
        more.emplace_back("url", "http://map");
        return ask(translate, more);
    };
    CHECK(of({{"system", "http://animals"}, {"code", "cat"}}) ==
          R"({"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true},{"name":"match","part":[{"name":"equivalence","valueCode":"wider"},)"
          R"({"name":"concept","valueCoding":{"system":"http://beasts","code":"felis","display":"Felis catus"}},)"
          R"({"name":"product","part":[{"name":"element","valueUri":"http://habit"},{"name":"concept","valueCoding":{"system":"http://habits","code":"purrs"}}]},)"
          R"({"name":"source","valueUri":"http://map"}]}]})");
    CHECK(has(of({{"system", "http://animals"}, {"code", "dodo"}}), R"({"name":"result","valueBoolean":false},{"name":"message","valueString":"the map says that nothing corresponds"},{"name":"match")"));
    CHECK(has(of({{"system", "http://animals"}, {"code", "wolf"}}), R"("code":"other","display":"Other")"));
    CHECK(has(of({{"system", "http://letters"}, {"code", "b"}}), R"({"system":"http://numbers","code":"b"})"));
    CHECK(has(of({{"system", "http://else"}, {"code", "x"}}), "felis"));
    CHECK(has(of({{"system", "http://else"}, {"code", "y"}}), "the map says nothing of the code"));  // the maps send it back and forth
    CHECK(has(of({{"system", "http://beasts"}, {"code", "felis"}, {"reverse", "true"}}), R"({"name":"equivalence","valueCode":"narrower"},{"name":"concept","valueCoding":{"system":"http://animals","code":"cat"}})"));
    CHECK(has(of({{"system", "http://animals"}, {"code", "cat"}, {"targetsystem", "http://other"}}), R"("valueBoolean":false)"));
    CHECK(has(of({{"system", "http://animals"}, {"code", "stone"}}), R"("valueBoolean":false)"));
    CHECK(has(post(translate, R"({"name":"url","valueUri":"http://map"},{"name":"code","valueCode":"stone"},{"name":"system","valueUri":"http://animals"},
        {"name":"dependency","part":[{"name":"element","valueUri":"http://mood"},{"name":"concept","valueCodeableConcept":{"coding":[{"code":"hard"}]}}]})"), "rock"));
    CHECK(has(ask(translate, {{"system", "http://animals"}, {"code", "cat"}, {"targetsystem", "http://beasts"}}), "felis"));
    CHECK(has(ask(translate, {{"source", "http://all"}, {"target", "http://beasts-set"}, {"code", "cat"}}), "felis"));
    CHECK(has(post(translate, R"({"name":"codeableConcept","valueCodeableConcept":{"coding":[{"system":"http://animals","code":"cat"}]}},{"name":"conceptMap","resource":)" + kMap + "}"), "felis"));
    CHECK(has(ask(translate, {{"url", "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3"}, {"system", "http://hl7.org/fhir/administrative-gender"}, {"code", "male"}}), R"("code":"M")"));
}

TEST_CASE("$translate: bad questions") {
    CHECK(has(ask(translate, {{"url", "http://nowhere"}, {"system", "http://animals"}, {"code", "cat"}}), "not_found"));
    CHECK(has(ask(translate, {{"system", "http://animals"}, {"code", "cat"}, {"targetsystem", "http://nowhere"}}), "not_found"));
    CHECK(has(ask(translate, {{"system", "http://animals"}, {"code", "cat"}}), "invalid"));
    CHECK(has(ask(translate, {{"url", "http://map"}}), "invalid"));
    CHECK(has(ask(translate, {{"url", "http://map"}, {"code", "cat"}, {"reverse", "2"}}), "invalid"));
    CHECK(has(post(translate, R"({"name":"code","valueCode":"cat"},{"name":"conceptMap","resource":{"resourceType":"Patient"}})"), "invalid"));
}

TEST_CASE("inputs") {
    const auto refused = [](std::string_view text) {
        const auto document = json::Document::parse(text);
        return Inputs::from_parameters(document->root()).error().category;
    };
    CHECK(refused(R"({"resourceType":"Patient"})") == Category::invalid);
    CHECK(refused(R"([])") == Category::invalid);
    CHECK(refused(R"({"resourceType":"Parameters","parameter":[{"valueString":"x"}]})") == Category::invalid);
    std::string many = R"({"resourceType":"Parameters","parameter":[)";
    for (int i = 0; i < 201; ++i) many += std::string(i == 0 ? "" : ",") + R"({"name":"a"})";
    CHECK(refused(many + "]}") == Category::too_large);
}
