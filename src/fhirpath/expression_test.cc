#include "fhirpath/expression.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fhirpath/location.h"
#include "json/document.h"
#include "json/writer.h"

using namespace idun;
using namespace idun::fhirpath;

namespace {

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p1","active":true,
 "name":[{"use":"official","family":"Alm","given":["Ann","Bo"],"_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]},
         {"use":"usual","given":["Anna"]}],
 "birthDate":"1974-12-25","_birthDate":{"extension":[{"url":"http://x.org/time","valueDateTime":"1974-12-25T14:35:45-05:00"}]},
 "multipleBirthInteger":2,
 "_gender":{"extension":[{"url":"http://x.org/why","valueString":"unknown"}]},
 "contained":[{"resourceType":"Organization","id":"o1","name":"Clinic"}],
 "managingOrganization":{"reference":"#o1"},"generalPractitioner":[{"reference":"Practitioner/p9"}]})";

struct Run {
    json::Document document;
    Environment environment;

    explicit Run(std::string_view text) : document(*json::Document::parse(text)) {
        environment.now = *from_iso("2026-11-25T10:00:00.000Z");
    }
    Item root() const { return Item::resource(document.root()); }
    // Items as text, with commas between; "!category" of an error.
    std::string operator()(std::string_view expression) const {
        const auto compiled = Expression::compile(expression);
        if (!compiled) return "!" + std::string(to_string(compiled.error().category));
        const auto result = compiled->evaluate(root(), environment);
        if (!result) return "!" + std::string(to_string(result.error().category));
        std::string out;
        for (const Item& item : *result) out += (out.empty() ? "" : ",") + to_text(item).value_or("{" + type_name(item) + "}");
        return out;
    }
};

std::string strict(std::string_view expression, std::string_view type) {
    const auto compiled = Expression::compile(expression, {.context = fhir::Definitions::r4().type(type), .strict = true});
    return compiled ? "" : compiled.error().message;
}

}  // namespace

TEST_CASE("paths, choices and the sidecars of primitives") {
    const Run run(kPatient);
    CHECK(run("name.given") == "Ann,Bo,Anna");
    CHECK(run("Patient.name.where(use = 'usual').given") == "Anna");
    CHECK(run("Observation.name") == "");
    CHECK(run("multipleBirth") == "2");
    CHECK(run("multipleBirth is integer") == "true");
    CHECK(run("multipleBirthInteger") == "");
    CHECK(run("birthDate.extension('http://x.org/time').value") == "1974-12-25T14:35:45-05:00");
    CHECK(run("gender.exists()") == "true");
    CHECK(run("gender.hasValue()") == "false");
    CHECK(run("gender.extension.value") == "unknown");
    CHECK(run("gender = 'male'") == "false");
    CHECK(run("name.given[1].extension.value is code") == "true");
    CHECK(run("managingOrganization.resolve().name") == "Clinic");
    CHECK(run("generalPractitioner.resolve()") == "");
    CHECK(run("descendants().where($this is Reference).reference") == "#o1,Practitioner/p9");
    CHECK(run("nothing.at.all") == "");
    CHECK(run("text.div") == "");
    CHECK(run("text.div div 2") == "");
    CHECK(run("name.select(use | given).count()") == "5");
}

TEST_CASE("resolve() may stop at the type") {
    Run run(kPatient);
    run.environment.resolve_to_types = true;
    CHECK(run("generalPractitioner.where(resolve() is Practitioner).reference") == "Practitioner/p9");
    CHECK(run("generalPractitioner.where(resolve() is Organization).reference") == "");
}

TEST_CASE("what cannot be compiled") {
    const Run run(kPatient);
    for (const char* bad : {"", "a b", "a.", "(a", "a)", "'open", "/* open", "2 + ", "1.5.5", "@2015-13", "@T25", "$that", "name[", "a..b", "and", "a and", "a.true",
                            "{", "{}}", "%", "nosuch()", "exists(a, b)", "where()", "substring()", "a is NoSuchType", "ofType(string1)", "2147483649", "#", "@",
                            "`open", "\"quoted\"", "a.1", "9 is", "iif(true)"}) {
        CHECK_MESSAGE(run(bad) == "!invalid", std::string(bad));
    }
    CHECK(run(std::string(100'000, ' ')) == "!too_large");
    CHECK(run(std::string(300, '(') + "1" + std::string(300, ')')) == "!too_large");
    CHECK(run(std::string(1000, '-') + "1") == "!too_large");
    std::string chain = "a";
    for (int i = 0; i < 1000; ++i) chain += ".a";
    CHECK(run(chain) == "!too_large");
    std::string sum = "1";
    for (int i = 0; i < 20'000; ++i) sum += "|1";
    CHECK(run(sum) == "!too_large");
}

TEST_CASE("several items where one is asked for are an error, and so are wrong types") {
    const Run run(kPatient);
    for (const char* bad : {"name.given + 'x'", "name.given.length()", "name and true", "name.single()", "name.given > 'A'", "1 > 'a'", "true + 1", "-'a'", "%nosuch",
                            "'a'.substring('b')", "(1|2) in (1|2)", "1.upper()", "'a'.matches('(')", "(true|1).allTrue()", "@2020 + 1 'kg'", "'x' & 1",
                            "name.memberOf('http://x')", "conformsTo('http://unknown')"}) {
        const std::string answer = run(bad);
        CHECK_MESSAGE((answer == "!invalid" || answer == "!unsupported"), std::string(bad) << " gives " << answer);
    }
}

TEST_CASE("hostile expressions end with one clear error") {
    Run run(kPatient);
    run.environment.limits.steps_max = 200'000;  // a tenth of the usual: with sanitizers, steps are slow
    std::string big = "(1|2|3|4|5|6|7|8|9|10)";
    for (int i = 0; i < 8; ++i) big += ".select(children() | $this | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20)";
    CHECK(run(big + ".count() > 1") == "!too_large");
    std::string doubling = "'aaaaaaaaaaaaaaaa'";
    for (int i = 0; i < 60; ++i) doubling += ".replace('a', 'aaaa')";
    CHECK(run(doubling) == "!too_large");
    std::string combined = "(1|2|3|4)";
    for (int i = 0; i < 40; ++i) combined = combined + ".combine($this)" + ".select(iif(true, $this.combine($this)))";
    CHECK(run(combined) == "!too_large");
    CHECK(run("repeat(iif(true, $this))") == "{FHIR.Patient}");
    CHECK(run("(1).repeat($this + 1)") == "!too_large");
    CHECK(run("'a'.matches('" + std::string(5000, 'a') + "')") == "!too_large");
    CHECK(run("2.power(1000000)") == "");
    std::string nested = "name";
    for (int i = 0; i < 60; ++i) nested = "repeat(" + nested + ")";
    CHECK(run(nested).find("!invalid") == std::string::npos);  // and compiling it ends
}

TEST_CASE("large texts and wide objects are bounded too") {
    std::string wide = R"({"resourceType":"Unknown","long":")" + std::string(1 << 20, 'a') + R"(","many":{)";
    for (int i = 0; i < 20'000; ++i) wide += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1,\"_m" + std::to_string(i) + "\":{\"id\":\"x\"}";
    Run run(wide + "}}");
    CHECK(run("many.children().count()") == "20000");
    const std::string half = "long.substring(0, 500000)";
    CHECK(run("long.contains('aab')") == "false");
    CHECK(run("long.matches('(x+x+)+y')") == "false");
    run.environment.limits.steps_max = 200'000;  // as above
    CHECK(run("many.children().select(%resource.many.m19999).count()") == "!too_large");
    CHECK(run("long.indexOf(" + half + " & 'b')") == "!too_large");
    CHECK(run("(1|2|3|4|5|6|7|8|9).select($this).repeat($this + 1 | $this + 2).where(%resource.long = %resource.long & '').count()") == "!too_large");
    CHECK(run("long.matches('(a{900}){900}b')").starts_with("!"));
    CHECK(run("many.children().select('a'.matches('[a-z]{500}' & $index.toString())).count()") == "!too_large");
    CHECK(run("many.children().select(2.5.power(0.1)).count()") == "!too_large");
}

TEST_CASE("test() is for invariants") {
    const Run run(kPatient);
    const auto test = [&](std::string_view text) {
        const auto result = Expression::compile(text)->test(run.root(), run.environment);
        REQUIRE(result.has_value());
        return *result;
    };
    CHECK(test("name.exists() or telecom.exists()") == true);
    CHECK(test("telecom.exists() and (1/0 = 1)") == false);
    CHECK(test("name.all(family.exists() or given.exists())") == true);
    CHECK(test("name.family") == true);
    CHECK(test("telecom") == std::nullopt);
    CHECK(test("contained.contained.empty()") == true);
    CHECK_FALSE(Expression::compile("name")->test(run.root(), run.environment).has_value());
}

TEST_CASE("an element inside a resource is the context, and knows its resource") {
    const Run run(kPatient);
    const Item name = Item::element(run.document.root()["name"][0], {}, *run.root().shape()->find("name"));
    Environment environment;
    environment.resource = run.root();
    const auto texts = [&](std::string_view expression) {
        const auto compiled = Expression::compile(expression);
        const auto result = compiled->evaluate(name, environment);
        std::string out;
        for (const Item& item : *result) out += to_text(item).value_or("{}") + ",";
        return out;
    };
    CHECK(texts("family") == "Alm,");
    CHECK(texts("%resource.id") == "p1,");
    CHECK(texts("%rootResource.name.given") == "Ann,Bo,Anna,");
    CHECK(texts("%context.use") == "official,");
}

TEST_CASE("strict mode finds what can only be wrong") {
    CHECK(strict("name.given.where($this.startsWith('A'))", "Patient").empty());
    CHECK(strict("Patient.contact.name.family", "Patient").empty());
    CHECK(strict("contained.name", "Patient").empty());
    CHECK(strict("item.repeat(item).linkId", "Questionnaire").empty());
    CHECK(strict("Observation.value.ofType(Quantity).unit", "Observation").empty());
    CHECK(strict("name.givn", "Patient").find("'givn'") != std::string::npos);
    for (const char* bad : {"valueQuantity", "Patient.name", "value.ofType(Quantity).units", "value.ofType(HumanName)", "status + 1", "status.where(nothing)",
                            "component.code.text > 5", "iif(component, 1, 2)", "code.startsWith('a')", "-status", "component['a']"}) {
        CHECK_MESSAGE(!strict(bad, "Observation").empty(), std::string(bad));
    }
}

TEST_CASE("collect() finds what evaluate() finds, along every search parameter that is only paths") {
    const fhir::Definitions& r4 = fhir::Definitions::r4();
    const Run run(kPatient);
    Environment environment;
    environment.resolve_to_types = true;
    int paths = 0;
    for (const fhir::SearchParameter* parameter : r4.search_parameters("Patient")) {
        if (parameter->expression.empty()) continue;
        const auto compiled = Expression::compile(parameter->expression, {.context = r4.type("Patient")});
        REQUIRE_MESSAGE(compiled.has_value(), parameter->expression);
        paths += compiled->is_paths() ? 1 : 0;
        std::string collected;
        REQUIRE(compiled->collect(run.root(), environment, [&](const Item& item) { collected += json::to_text(item.value()) + type_name(item) + "\n"; }));
        std::string evaluated;
        const auto result = compiled->evaluate(run.root(), environment);
        REQUIRE(result.has_value());
        for (const Item& item : *result) {
            if (item.value()) evaluated += json::to_text(item.value()) + type_name(item) + "\n";
        }
        CHECK_MESSAGE(collected == evaluated, parameter->expression);
    }
    CHECK(paths > 10);
    const auto foreign = Expression::compile("Observation.code | Patient.name.given", {.context = r4.type("Patient")});
    int count = 0;
    CHECK(foreign->collect(run.root(), environment, [&](const Item&) { ++count; }));
    CHECK(count == 3);
    const auto failing = Expression::compile("name.where(given)", {.context = r4.type("Patient")});
    CHECK_FALSE(failing->collect(run.root(), environment, [](const Item&) {}).has_value());
}

TEST_CASE("where an element stands") {
    const Run run(kPatient);
    const auto place = [&](std::string_view expression) {
        const auto compiled = Expression::compile(expression);
        const auto result = compiled->evaluate(run.root(), run.environment);
        std::string out;
        for (const Item& item : *result) {
            const auto found = locate(run.document.root(), item);
            out += (found ? found->text() : "nowhere") + ";";
        }
        return out;
    };
    CHECK(place("name.given") == "Patient.name[0].given[0];Patient.name[0].given[1];Patient.name[1].given[0];");
    CHECK(place("$this") == "Patient;");
    CHECK(place("gender") == "Patient.gender;");
    CHECK(place("birthDate.extension.value") == "Patient.birthDate.extension[0].valueDateTime;");
    CHECK(place("contained.name") == "Patient.contained[0].name;");
    CHECK(place("'text' | 1") == "nowhere;nowhere;");
    const json::Document other = *json::Document::parse(kPatient);
    CHECK_FALSE(locate(other.root(), run.root()).has_value());
}
