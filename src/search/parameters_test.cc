#include "search/parameters.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "fhir/definitions.h"

namespace idun::search {
namespace {

const Registry& known() {
    return Registry::r4();
}

TEST_CASE("every R4 parameter with an expression compiles for every type that it is defined for") {
    std::set<std::string> left;
    for (const NotOffered& one : known().not_offered()) left.insert(std::string(one.name));
    for (const NotOffered& one : known().not_offered()) {
        if (!one.name.starts_with('_')) MESSAGE((std::string(one.type) + " " + std::string(one.name) + ": " + one.reason));
    }
    CHECK(left == std::set<std::string>{"_content", "_filter", "_query", "_text"});
    std::size_t offered = 0;
    for (const fhir::Type* type : fhir::Definitions::r4().resources()) offered += known().of(type->name).size();
    CHECK(offered > 2000);
}

TEST_CASE("composites have the components of their definitions") {
    const Parameter* parameter = known().find("Observation", "code-value-quantity");
    REQUIRE(parameter != nullptr);
    REQUIRE(parameter->components.size() == 2);
    CHECK(parameter->components[0].type == fhir::SearchType::token);
    CHECK(parameter->components[1].type == fhir::SearchType::quantity);
    CHECK(known().find("Observation", "nonsense") == nullptr);
    CHECK(known().find("Nonsense", "code") == nullptr);
    CHECK(known().of("Element").empty());
}

// What a parameter finds: texts, "object" for objects, ">Type" where a type is asked for.
std::string found(const char* name, const char* text) {
    const auto document = json::Document::parse(text);
    REQUIRE(document);
    const Parameter* parameter = known().find(document->root()["resourceType"].text(), name);
    REQUIRE(parameter != nullptr);
    std::string out;
    parameter->path.collect(document->root(), [&](json::Value v, const Leaf& leaf) {
        out += v.is_object() ? "object" : v.kind() == json::Kind::boolean ? v.boolean() ? "true" : "false" : std::string(v.text());
        if (!leaf.target.empty()) out.append(">").append(leaf.target);
        out += " ";
    });
    return out;
}

TEST_CASE("paths of every form") {
    struct Case {
        const char* name;
        const char* text;
        const char* found;
    };
    const Case cases[] = {
        {"code", R"({"resourceType":"Observation","code":{}})", "object "},
        {"code", R"({"resourceType":"Observation"})", ""},
        {"code", R"({"resourceType":"MedicationRequest","medicationCodeableConcept":{}})", "object "},
        {"code", R"({"resourceType":"MedicationRequest","medicationReference":{}})", ""},
        {"code", R"({"resourceType":"AllergyIntolerance","code":{},"reaction":[{"substance":{}},{}]})", "object object "},
        {"patient", R"({"resourceType":"Condition","subject":{"reference":"x"}})", "object>Patient "},
        {"patient", R"({"resourceType":"Appointment","participant":[{"actor":{}},{"actor":{}}]})", "object>Patient object>Patient "},
        {"status", R"({"resourceType":"Observation","status":"final"})", "final "},
        {"status", R"({"resourceType":"Observation","status":null})", ""},
        {"status", R"({"resourceType":"Observation","status":["a",["b"]]})", "a b "},
        {"phone", R"({"resourceType":"Patient","telecom":[{"system":"email"},{"system":"phone"}]})", "object "},
        {"email", R"({"resourceType":"Patient","telecom":[{"system":"phone"}]})", ""},
        {"deceased", R"({"resourceType":"Patient","deceasedDateTime":"2020"})", "true "},
        {"deceased", R"({"resourceType":"Patient","deceasedBoolean":false})", "false "},
        {"deceased", R"({"resourceType":"Patient"})", "false "},
        {"composition", R"({"resourceType":"Bundle","entry":[{"resource":{"id":"1"}},{"resource":{}}]})", "object "},
        {"depends-on", R"({"resourceType":"Library","relatedArtifact":[{"type":"depends-on","resource":"a"},{"type":"successor","resource":"b"}]})", "a "},
        {"value-string", R"({"resourceType":"Observation","valueCodeableConcept":{"text":"t"}})", "t "},
        {"value-string", R"({"resourceType":"Observation","valueString":"s"})", "s "},
        {"_tag", R"({"resourceType":"Patient","meta":{"tag":[{},{}]}})", "object object "},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CAPTURE(c.text);
        CHECK(found(c.name, c.text) == c.found);
    }
}

TEST_CASE("expressions outside the part that search compiles are refused") {
    for (const char* bad : {"Observation.", "Observation.nothing", "Observation.code.where(x = 1)", "Observation.extension('x').nothing", "Observation.extension(x)",
                            "(Observation.code", "Observation.code)", "Observation.value as", "Observation.code[0", "Observation.code[x]",
                            "Observation.value.as(Nothing)", "Observation.code.where(coding='x", "Observation.exists()",
                            "Observation.code.where(resolve() is )", "Observation.code and Observation.status", "%resource.code"}) {
        CAPTURE(bad);
        const auto made = Path::compile(fhir::Definitions::r4(), bad, "Observation");
        CHECK((!made || made->empty()));
    }
    CHECK(!Path::compile(fhir::Definitions::r4(), std::string(20'000, '('), "Observation"));
    CHECK(!Path::compile(fhir::Definitions::r4(), std::string(1'000, '(') + "Observation.code" + std::string(1'000, ')'), "Observation"));
}

}  // namespace
}  // namespace idun::search
