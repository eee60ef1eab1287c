#include "validation/validator.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "fhir/package.h"
#include "terms/terms.h"
#include "validation/guides.h"

using namespace idun;
using namespace idun::validation;

namespace {

// A profile by its differential; `more` stands beside it ("\"context\": [...],").
std::string profile(std::string_view name, std::string_view type, std::string_view elements, std::string_view base = {}, std::string_view more = {}) {
    const std::string base_url = base.empty() ? "http://hl7.org/fhir/StructureDefinition/" + std::string(type) : "http://test/" + std::string(base);
    return R"({"resourceType":"StructureDefinition","url":"http://test/)" + std::string(name) + R"(","name":"T","status":"active","kind":"resource","abstract":false,)" +
           std::string(more) + R"("type":")" + std::string(type) + R"(","baseDefinition":")" + base_url + R"(","derivation":"constraint","differential":{"element":[)" +
           std::string(elements) + "]}}";
}

struct World {
    explicit World(const std::vector<std::string>& resources) {
        std::vector<std::pair<std::string, std::string>> files;
        for (const std::string& text : resources) files.emplace_back(std::to_string(files.size()) + ".json", text);
        fhir::PackageSet set({fhir::Package::r4_core(), fhir::Package::of(files)});
        terms = std::make_unique<terms::Terms>(set);
        guides = std::make_unique<Guides>(set, terms.get());
    }
    std::unique_ptr<terms::Terms> terms;
    std::unique_ptr<Guides> guides;
};

fhir::Issues judge(const World& world, const std::string& text, Options options = {}) {
    const auto document = json::Document::parse(text);
    REQUIRE_MESSAGE(document.has_value(), text);
    options.text = text;
    return world.guides->validator().validate(document->root(), options);
}

// "code path; code path" of the errors.
std::string errors(const fhir::Issues& issues) {
    std::string out;
    for (const fhir::Issue& issue : issues) {
        if (issue.severity > fhir::Severity::error) continue;
        if (!out.empty()) out += "; ";
        out += std::string(fhir::to_string(issue.code)) + ' ' + issue.path;
    }
    return out;
}

struct Pair {
    const char* what;
    std::string elements;  // of the profile
    std::string valid;
    std::string invalid;
    const char* expected;  // errors of invalid
};

void check_pairs(std::string_view type, const std::vector<Pair>& pairs, const std::vector<std::string>& more = {}) {
    for (const Pair& pair : pairs) {
        CAPTURE(pair.what);
        std::vector<std::string> resources = more;
        resources.push_back(profile("p", type, pair.elements));
        const World world(resources);
        Options options;
        options.profiles = {"http://test/p"};
        CHECK(errors(judge(world, pair.valid, options)) == "");
        CHECK(errors(judge(world, pair.invalid, options)) == pair.expected);
    }
}

}  // namespace

TEST_CASE("a profile's elements, each with a valid and an invalid instance") {
    check_pairs("Patient", {
        {"min", R"({"path":"Patient.birthDate","min":1})", R"({"resourceType":"Patient","birthDate":"1970"})", R"({"resourceType":"Patient"})", "required Patient"},
        {"max", R"({"path":"Patient.name","max":"1"})", R"({"resourceType":"Patient","name":[{"text":"A"}]})",
         R"({"resourceType":"Patient","name":[{"text":"A"},{"text":"B"}]})", "structure Patient"},
        {"max 0", R"({"path":"Patient.photo","max":"0"})", R"({"resourceType":"Patient"})", R"({"resourceType":"Patient","photo":[{"title":"x"}]})", "structure Patient"},
        {"min inside a type", R"({"path":"Patient.name.family","min":1})", R"({"resourceType":"Patient","name":[{"family":"A"}]})",
         R"({"resourceType":"Patient","name":[{"family":"A"},{"text":"B"}]})", "required Patient.name[1]"},
        {"fixed", R"({"path":"Patient.gender","fixedCode":"other"})", R"({"resourceType":"Patient","gender":"other"})", R"({"resourceType":"Patient","gender":"male"})",
         "value Patient.gender"},
        {"pattern", R"({"path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"system":"http://s","code":"M"}]}})",
         R"({"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://t","code":"x"},{"system":"http://s","code":"M","display":"d"}]}})",
         R"({"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://s","code":"N"}]}})", "value Patient.maritalStatus"},
        {"type", R"({"path":"Patient.deceased[x]","type":[{"code":"boolean"}]})", R"({"resourceType":"Patient","deceasedBoolean":true})",
         R"({"resourceType":"Patient","deceasedDateTime":"2020"})", "structure Patient.deceased"},
        {"max length", R"({"path":"Patient.name.family","maxLength":3})", R"({"resourceType":"Patient","name":[{"family":"Åke"}]})",
         R"({"resourceType":"Patient","name":[{"family":"Erik"}]})", "too-long Patient.name[0].family"},
        {"least value", R"({"path":"Patient.birthDate","minValueDate":"1900-01-01"})", R"({"resourceType":"Patient","birthDate":"1900-01-01"})",
         R"({"resourceType":"Patient","birthDate":"1899-12-31"})", "value Patient.birthDate"},
        {"greatest value", R"({"path":"Patient.multipleBirth[x]","maxValueInteger":4})", R"({"resourceType":"Patient","multipleBirthInteger":4})",
         R"({"resourceType":"Patient","multipleBirthInteger":5})", "value Patient.multipleBirth"},
        {"invariant", R"j({"path":"Patient","constraint":[{"key":"t-1","severity":"error","human":"h","expression":"name.exists() or identifier.exists()"}]})j",
         R"({"resourceType":"Patient","name":[{"text":"A"}]})", R"({"resourceType":"Patient"})", "invariant Patient"},
        {"invariant of an element", R"j({"path":"Patient.name","constraint":[{"key":"t-2","severity":"error","human":"h","expression":"family.exists()"}]})j",
         R"({"resourceType":"Patient","name":[{"family":"A"}]})", R"({"resourceType":"Patient","name":[{"text":"A"}]})", "invariant Patient.name[0]"},
        {"target", R"({"path":"Patient.managingOrganization","type":[{"code":"Reference","aggregation":["contained"],"targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]})",
         R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"n"}],"managingOrganization":{"reference":"#o"}})",
         R"({"resourceType":"Patient","managingOrganization":{"reference":"Organization/o"}})", "structure Patient.managingOrganization"},
        {"required binding", R"({"path":"Patient.maritalStatus","binding":{"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/marital-status"}})",
         R"({"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}})",
         R"({"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://elsewhere","code":"M"}]}})", "code-invalid Patient.maritalStatus"},
    });
}

TEST_CASE("slices by every kind of discriminator") {
    const std::string two_identifiers = R"({"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed"}},
        {"path":"Patient.identifier","sliceName":"a","min":1,"max":"1"},{"path":"Patient.identifier.system","fixedUri":"http://a"},{"path":"Patient.identifier.value","min":1},
        {"path":"Patient.identifier","sliceName":"b","max":"1"},{"path":"Patient.identifier.system","fixedUri":"http://b"})";
    check_pairs("Patient", {
        {"value, required slice", two_identifiers, R"({"resourceType":"Patient","identifier":[{"system":"http://a","value":"1"}]})",
         R"({"resourceType":"Patient","identifier":[{"system":"http://b","value":"1"}]})", "required Patient"},
        {"value, closed", two_identifiers, R"({"resourceType":"Patient","identifier":[{"system":"http://b"},{"system":"http://a","value":"1"}]})",
         R"({"resourceType":"Patient","identifier":[{"system":"http://a","value":"1"},{"system":"http://c","value":"1"}]})", "structure Patient.identifier[1]"},
        {"rules of a slice", two_identifiers, R"({"resourceType":"Patient","identifier":[{"system":"http://a","value":"1"}]})",
         R"({"resourceType":"Patient","identifier":[{"system":"http://a"}]})", "required Patient.identifier[0]"},
        {"pattern", R"({"path":"Patient.communication","slicing":{"discriminator":[{"type":"pattern","path":"language"}],"rules":"open"}},
            {"path":"Patient.communication","sliceName":"sv","max":"1"},{"path":"Patient.communication.language","patternCodeableConcept":{"coding":[{"code":"sv"}]}})",
         R"({"resourceType":"Patient","communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"sv"}]}},{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"fi"}]}}]})",
         R"({"resourceType":"Patient","communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"sv"}]}},{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"sv"}]}}]})",
         "structure Patient"},
        {"exists", R"({"path":"Patient.contact","slicing":{"discriminator":[{"type":"exists","path":"organization"}],"rules":"open"}},
            {"path":"Patient.contact","sliceName":"person","min":1},{"path":"Patient.contact.organization","max":"0"},
            {"path":"Patient.contact","sliceName":"org"},{"path":"Patient.contact.organization","min":1})",
         R"({"resourceType":"Patient","contact":[{"name":{"text":"A"}}]})", R"({"resourceType":"Patient","contact":[{"organization":{"display":"o"}}]})", "required Patient"},
        {"ordered", R"({"path":"Patient.name","slicing":{"discriminator":[{"type":"value","path":"use"}],"ordered":true,"rules":"open"}},
            {"path":"Patient.name","sliceName":"official"},{"path":"Patient.name.use","fixedCode":"official"},
            {"path":"Patient.name","sliceName":"nick"},{"path":"Patient.name.use","fixedCode":"nickname"})",
         R"({"resourceType":"Patient","name":[{"use":"official","text":"a"},{"use":"nickname","text":"b"}]})",
         R"({"resourceType":"Patient","name":[{"use":"nickname","text":"b"},{"use":"official","text":"a"}]})", "structure Patient.name[1]"},
        {"open at end", R"({"path":"Patient.name","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"openAtEnd"}},
            {"path":"Patient.name","sliceName":"official","max":"1"},{"path":"Patient.name.use","fixedCode":"official"})",
         R"({"resourceType":"Patient","name":[{"use":"official","text":"a"},{"text":"b"}]})", R"({"resourceType":"Patient","name":[{"text":"b"},{"use":"official","text":"a"}]})",
         "structure Patient.name[1]"},
        {"re-slicing", R"({"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}},
            {"path":"Patient.identifier","sliceName":"a"},{"path":"Patient.identifier.system","fixedUri":"http://a"},
            {"path":"Patient.identifier","sliceName":"a","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}},
            {"path":"Patient.identifier","sliceName":"a/old","max":"1"},{"path":"Patient.identifier.use","fixedCode":"old"})",
         R"({"resourceType":"Patient","identifier":[{"system":"http://a","use":"old"},{"system":"http://b","use":"old"}]})",
         R"({"resourceType":"Patient","identifier":[{"system":"http://a","use":"old"},{"system":"http://a","use":"old"}]})", "structure Patient"},
    });
    check_pairs("Observation", {
        {"type", R"({"path":"Observation.value[x]","slicing":{"discriminator":[{"type":"type","path":"$this"}],"rules":"open"}},
            {"path":"Observation.value[x]","sliceName":"valueQuantity","type":[{"code":"Quantity"}]},{"path":"Observation.value[x].unit","min":1})",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueString":"x"})",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":1}})", "required Observation.value"},
        {"type of what a reference leads to", R"j({"path":"Observation.performer","slicing":{"discriminator":[{"type":"type","path":"resolve()"}],"rules":"open"}},
            {"path":"Observation.performer","sliceName":"org","min":1,"type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]})j",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"performer":[{"reference":"Organization/o"}]})",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"performer":[{"reference":"Practitioner/p"}]})", "required Observation"},
        {"unit in another form", R"({"path":"Observation.value[x]","type":[{"code":"Quantity"}],"maxValueQuantity":{"value":10,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}})",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":9000,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}})",
         R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":11000,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}})",
         "value Observation.value"},
    });
}

TEST_CASE("a profile discriminator, and entries that refer to each other") {
    const std::string sick = profile("sick", "Patient", R"({"path":"Patient.active","min":1})");
    const std::string bundle = profile("bundle", "Bundle", R"({"path":"Bundle.entry","slicing":{"discriminator":[{"type":"profile","path":"resource"}],"rules":"open"}},
        {"path":"Bundle.entry","sliceName":"sick","min":1},{"path":"Bundle.entry.resource","type":[{"code":"Patient","profile":["http://test/sick"]}]})");
    const World world({sick, bundle});
    Options options;
    options.profiles = {"http://test/bundle"};
    const auto of = [](const char* patient) {
        return R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":)" + std::string(patient) + "}]}";
    };
    CHECK(errors(judge(world, of(R"({"resourceType":"Patient","active":true})"), options)) == "");
    CHECK(errors(judge(world, of(R"({"resourceType":"Patient"})"), options)) == "required Bundle");
}

TEST_CASE("profiles that refer to each other in a circle end") {
    const std::string a = profile("a", "Patient", R"({"path":"Patient.link.other","type":[{"code":"Reference","targetProfile":["http://test/a"]}]},{"path":"Patient.gender","min":1})");
    const World world({a});
    Options options;
    options.profiles = {"http://test/a"};
    const std::string contained = R"({"resourceType":"Patient","gender":"male","contained":[{"resourceType":"Patient","id":"x"%,"link":[{"other":{"reference":"#"},"type":"refer"}]}],"link":[{"other":{"reference":"#x"},"type":"refer"}]})";
    std::string good = contained;
    good.replace(good.find('%'), 1, R"(,"gender":"male")");
    std::string bad = contained;
    bad.replace(bad.find('%'), 1, "");
    CHECK(errors(judge(world, good, options)) == "");
    CHECK(errors(judge(world, bad, options)) == "structure Patient.link[0].other");
}

TEST_CASE("extensions: known, at a place that is allowed, with what they must hold") {
    const std::string ext = profile("ext", "Extension", R"({"path":"Extension"},{"path":"Extension.url","fixedUri":"http://test/ext"},{"path":"Extension.value[x]","min":1,"type":[{"code":"boolean"}]})", {},
                                    R"("context":[{"type":"element","expression":"Patient.contact"}],)");
    const World world({ext});
    const auto of = [](const char* holder, const char* value) {
        return R"({"resourceType":"Patient",)" + std::string(holder) + R"("extension":[{"url":"http://test/ext",)" + value + "}]}" + (holder[0] == '\0' ? "" : "]}");
    };
    CHECK(errors(judge(world, of(R"("contact":[{"name":{"text":"A"},)", R"("valueBoolean":true)"))) == "");
    CHECK(errors(judge(world, of(R"("contact":[{"name":{"text":"A"},)", R"("valueString":"x")"))) == "structure Patient.contact[0].extension[0].value");
    CHECK(errors(judge(world, of("", R"("valueBoolean":true)"))) == "extension Patient.extension[0]");

    const std::string unknown = R"({"resourceType":"Patient","extension":[{"url":"http://nobody/knows","valueBoolean":true}]})";
    CHECK(errors(judge(world, unknown)) == "");
    Options strict;
    strict.unknown_extension = Level::error;
    CHECK(errors(judge(world, unknown, strict)) == "extension Patient.extension[0]");
    strict.extension_domains = {"http://nobody/"};
    CHECK(errors(judge(world, unknown, strict)) == "");
    CHECK(errors(judge(world, R"({"resourceType":"Patient","modifierExtension":[{"url":"http://nobody/knows","valueBoolean":true}]})")) == "extension Patient.modifierExtension[0]");
}

TEST_CASE("R4's own rules beyond structure") {
    struct Row {
        const char* json;
        const char* expected;
    };
    const World world({});
    for (const Row& row : std::vector<Row>{
             {R"({"resourceType":"Patient","contact":[{"gender":"male"}]})", "invariant Patient.contact[0]"},
             {R"({"resourceType":"Patient","telecom":[{"value":"1"}]})", "invariant Patient.telecom[0]"},
             {R"({"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"period":{"start":"2024-02-01","end":"2024-01-01"}})", "invariant Encounter.period"},
             {R"({"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"period":{"start":"2024-01-01T10:00:00+02:00","end":"2024-01-01T09:00:00Z"}})", ""},
             {R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueString":"v","dataAbsentReason":{"text":"r"}})", "invariant Observation"},
             {R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"1"}]},"valueString":"v","component":[{"code":{"coding":[{"code":"1"}]}}]})", "invariant Observation"},
             {R"({"resourceType":"Media","status":"completed","content":{"contentType":"text/plain","data":"QUJD","size":4}})", "structure Media.content"},
             {R"({"resourceType":"Media","status":"completed","content":{"contentType":"text/plain","data":"QUJD","size":3}})", ""},
             {R"({"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:x\">x</a></div>"}})", "invalid Patient.text.div"},
             {R"({"resourceType":"ValueSet","status":"draft","url":"local"})", "invalid ValueSet.url"},
             {R"({"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"nothing"}]}})",
              "code-invalid Patient.maritalStatus.coding[0]"},
             {R"({"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"furlong per fortnight"}})",
              "code-invalid Observation.value"},
         }) {
        CAPTURE(row.json);
        CHECK(errors(judge(world, row.json)) == row.expected);
    }
}

TEST_CASE("bundles") {
    struct Row {
        const char* json;
        const char* expected;
    };
    const World world({});
    for (const Row& row : std::vector<Row>{
             {R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://s/Patient/1","resource":{"resourceType":"Patient","id":"1"}}]})", ""},
             {R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://s/Patient/2","resource":{"resourceType":"Patient","id":"1"}}]})", "invalid Bundle.entry[0]"},
             {R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1"}}]})", "invalid Bundle.entry[0]"},
             {R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}}]})", "invalid Bundle.entry[0]"},
             {R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Observation"}}]})", "value Bundle.entry[0]"},
             {R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]})", "invariant Bundle"},
             {R"({"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"http://s/Patient/1","resource":{"resourceType":"Patient"},"search":{"mode":"match"}}]})",
              "invalid Bundle.entry[0]"},
         }) {
        CAPTURE(row.json);
        CHECK(errors(judge(world, row.json)).substr(0, std::string_view(row.expected).size()) == row.expected);
        CHECK(errors(judge(world, row.json)).empty() == (row.expected[0] == '\0'));
    }
    const auto document = [](const char* second) {
        return R"({"resourceType":"Bundle","type":"document","timestamp":"2024-01-01T00:00:00Z","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},"entry":[
            {"fullUrl":"http://s/Composition/1","resource":{"resourceType":"Composition","id":"1","status":"final","type":{"text":"t"},"date":"2024","author":[{"reference":"Practitioner/2"}],"title":"t"}},
            {"fullUrl":"http://s/Practitioner/2","resource":{"resourceType":"Practitioner","id":"2"}})" + std::string(second) + "]}";
    };
    CHECK(errors(judge(world, document(""))) == "");
    CHECK(errors(judge(world, document(R"(,{"fullUrl":"http://s/Patient/3","resource":{"resourceType":"Patient","id":"3"}})"))) == "informational Bundle.entry[2]");
}

TEST_CASE("questionnaire responses against their questionnaire") {
    const std::string form = R"({"resourceType":"Questionnaire","url":"http://test/q","status":"active","item":[
        {"linkId":"smokes","type":"boolean","required":true},
        {"linkId":"many","type":"integer","enableWhen":[{"question":"smokes","operator":"=","answerBoolean":true}],"required":true},
        {"linkId":"sex","type":"choice","answerOption":[{"valueCoding":{"system":"http://s","code":"m"}},{"valueCoding":{"system":"http://s","code":"f"}}]},
        {"linkId":"about","type":"string","maxLength":3},
        {"linkId":"g","type":"group","item":[{"linkId":"in","type":"date"}]}]})";
    const World world({form});
    const auto of = [](const char* items) { return R"({"resourceType":"QuestionnaireResponse","questionnaire":"http://test/q","status":"completed","item":[)" + std::string(items) + "]}"; };
    struct Row {
        const char* items;
        const char* expected;
    };
    for (const Row& row : std::vector<Row>{
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]})", ""},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":true}]})", "required QuestionnaireResponse"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":true}]},{"linkId":"many","answer":[{"valueInteger":3}]})", ""},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"many","answer":[{"valueInteger":3}]})", "invalid QuestionnaireResponse.item[1]"},
             {R"({"linkId":"smokes","answer":[{"valueString":"no"}]})", "invariant QuestionnaireResponse.item[0].answer[0]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false},{"valueBoolean":false}]})", "invalid QuestionnaireResponse.item[0]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"sex","answer":[{"valueCoding":{"system":"http://s","code":"x"}}]})", "invariant QuestionnaireResponse.item[1].answer[0]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"about","answer":[{"valueString":"four"}]})", "invariant QuestionnaireResponse.item[1].answer[0]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"in","answer":[{"valueDate":"2024"}]})", "structure QuestionnaireResponse.item[1]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"who"})", "not-found QuestionnaireResponse.item[1]"},
             {R"({"linkId":"smokes","answer":[{"valueBoolean":false}]},{"linkId":"g","answer":[{"valueDate":"2024"}]})", "structure QuestionnaireResponse.item[1]"},
         }) {
        CAPTURE(row.items);
        CHECK(errors(judge(world, of(row.items))) == row.expected);
    }
}

TEST_CASE("expressions that come with a form pay in advance for all that they may do") {
    const auto judged = [](int questions) {
        std::string form, answers;
        for (int i = 0; i < questions; ++i) {
            const std::string id = R"({"linkId":"q)" + std::to_string(i) + "\"";
            form += (i == 0 ? "" : ",") + id + R"(,"type":"boolean","extension":[{"url":"http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",)"
                    R"("valueExpression":{"language":"text/fhirpath","expression":"true"}}]})";
            answers += (i == 0 ? "" : ",") + id + R"(,"answer":[{"valueBoolean":true}]})";
        }
        const World world({R"({"resourceType":"Questionnaire","url":"http://test/q","status":"active","item":[)" + form + "]}"});
        Options options;
        options.steps_max = 320'000;
        return errors(judge(world, R"({"resourceType":"QuestionnaireResponse","questionnaire":"http://test/q","status":"completed","item":[)" + answers + "]}", options));
    };
    CHECK(judged(2) == "");
    CHECK(judged(20).find("too-costly") != std::string::npos);
}

TEST_CASE("declared profiles are followed; unknown ones are said") {
    const World world({profile("p", "Patient", R"({"path":"Patient.active","min":1})")});
    CHECK(errors(judge(world, R"({"resourceType":"Patient","meta":{"profile":["http://test/p"]}})")) == "required Patient");
    Options options;
    options.declared = false;
    CHECK(errors(judge(world, R"({"resourceType":"Patient","meta":{"profile":["http://test/p"]}})", options)) == "");
    Options strict;
    strict.unknown_profile = Level::error;
    CHECK(errors(judge(world, R"({"resourceType":"Patient","meta":{"profile":["http://test/none"]}})", strict)) == "not-found Patient.meta.profile[0]");
    Options asked;
    asked.profiles = {"http://test/none"};
    CHECK(errors(judge(world, R"({"resourceType":"Patient"})", asked)) == "not-found Patient");
    asked.profiles = {"http://test/p"};
    CHECK(errors(judge(world, R"({"resourceType":"Basic","code":{"text":"x"}})", asked)) == "structure Basic");
}

TEST_CASE("issues say where, never what, and are bounded") {
    const World world({profile("p", "Patient", R"({"path":"Patient.name.family","min":1},{"path":"Patient.gender","fixedCode":"other"})")});
    Options options;
    options.profiles = {"http://test/p"};
    const fhir::Issues issues = judge(world, "{\"resourceType\":\"Patient\",\n \"gender\":\"female\", \"name\":[{\"text\":\"Astrid\"}]}", options);
    REQUIRE(issues.size() == 2);
    CHECK(issues[1].path == "Patient.gender");
    CHECK(issues[1].line == 2);
    CHECK(issues[1].column == 11);
    for (const fhir::Issue& issue : issues) {
        CHECK(issue.text.find("Astrid") == std::string::npos);
        CHECK(issue.text.find("female") == std::string::npos);
    }
    std::string many = R"({"resourceType":"Patient","name":[{"text":"x"})";
    for (int i = 0; i < 500; ++i) many += R"(,{"text":"x"})";
    options.issues_max = 10;
    CHECK(judge(world, many + "]}", options).size() <= 11);
    options.issues_max = 1000;
    options.steps_max = 100;
    const fhir::Issues cut = judge(world, many + "]}", options);
    CHECK(cut.back().code == fhir::IssueCode::too_costly);
}
