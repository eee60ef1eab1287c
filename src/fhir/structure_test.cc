#include "fhir/structure.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace idun;
using namespace idun::fhir;

namespace {

Issues check(const std::string& text, const StructureOptions& options = {}) {
    json::Limits limits;
    limits.depth_max = 1000;
    const auto document = json::Document::parse(text, limits);
    REQUIRE_MESSAGE(document.has_value(), text);
    return check_structure(Definitions::r4(), document->root(), options);
}

StructureOptions up_to(std::size_t issues_max, std::size_t depth_max) {
    StructureOptions options;
    options.issues_max = issues_max;
    options.depth_max = depth_max;
    return options;
}

StructureOptions of_text(std::string_view text) {
    StructureOptions options;
    options.text = text;
    return options;
}

// "code path; code path"
std::string brief(const Issues& issues) {
    std::string out;
    for (const Issue& issue : issues) {
        if (!out.empty()) out += "; ";
        out += std::string(to_string(issue.code)) + ' ' + issue.path;
    }
    return out;
}

struct Row {
    std::string json;
    const char* expected;     // of brief(); "" when all is well
    const char* says = "";  // stands in the first text
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.json);
        const Issues issues = check(row.json);
        CHECK(brief(issues) == row.expected);
        CHECK(has_errors(issues) == (row.expected[0] != '\0'));
        if (row.says[0] == '\0' || issues.empty()) continue;
        CAPTURE(issues[0].text);
        CHECK(issues[0].text.find(row.says) != std::string::npos);
    }
}

std::string patient(const std::string& members) { return R"({"resourceType":"Patient",)" + members + "}"; }
std::string observation(const std::string& members) {
    return R"({"resourceType":"Observation","status":"final","code":{"text":"x"},)" + members + "}";
}
std::string narrative(const std::string& div) {
    std::string escaped;
    for (const char c : div) {
        if (c == '"' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return patient(R"("text":{"status":"generated","div":")" + escaped + "\"}");
}
std::string in_div(const std::string& inner) {
    return narrative(R"(<div xmlns="http://www.w3.org/1999/xhtml">)" + inner + "</div>");
}

}  // namespace

TEST_CASE("structure: what a resource is") {
    check_rows({
        {R"({"resourceType":"Patient"})", ""},
        {R"({"id":"a","resourceType":"Patient"})", ""},
        {R"({"resourceType":"Patiant"})", "structure Resource", "did you mean Patient?"},
        {R"({"resourceType":"patient"})", "structure Resource", "did you mean Patient?"},
        {R"({"resourceType":"Zzzzzzzzzzzz"})", "structure Resource", "must name an R4 resource type"},
        {R"({"resourceType":"DomainResource"})", "structure DomainResource"},
        {R"({"resourceType":"HumanName"})", "structure HumanName"},
        {R"({"resourceType":["Patient"]})", "structure Resource"},
        {R"({"id":"a"})", "structure Resource"},
        {"{}", "structure Resource"},
        {"[]", "structure Resource", "must be a JSON object"},
        {"null", "structure Resource"},
        {R"("Patient")", "structure Resource"},
    });
}

TEST_CASE("structure: unknown properties, with the nearest name") {
    check_rows({
        {patient(R"("birthDate":"2000-01-01")"), ""},
        {patient(R"("birthdate":"2000-01-01")"), "structure Patient.birthdate", "unknown property of Patient; did you mean birthDate?"},
        {patient(R"("nmae":[])"), "structure Patient.nmae", "did you mean name?"},
        {patient(R"("zzzzzzzzzzzzzz":1)"), "structure Patient.zzzzzzzzzzzzzz", "allowed are id, meta"},
        {patient(R"("name":[{"famly":"A"}])"), "structure Patient.name[0].famly", "did you mean family?"},
        {patient(R"("contact":[{"name":{"text":"A"},"nam":{"text":"A"}}])"), "structure Patient.contact[0].nam", "Patient.contact"},
        // The root's property only.
        {patient(R"("name":[{"resourceType":"HumanName","text":"A"}])"), "structure Patient.name[0].resourceType"},
        // A name that could be content is not repeated.
        {patient(R"("19121212-1212":1)"), "structure Patient"},
        {patient(R"("":1)"), "structure Patient"},
        {patient("\"" + std::string(41, 'a') + "\":1"), "structure Patient"},
        // _x is for primitives only.
        {patient(R"("_birthDate":{"extension":[{"url":"u","valueCode":"c"}]})"), ""},
        {patient(R"("_name":[{"id":"a"}])"), "structure Patient._name"},
        {patient(R"("__birthDate":{"id":"a"})"), "structure Patient.__birthDate"},
        {patient(R"("_":{"id":"a"})"), "structure Patient._"},
        {patient(R"("a":1,"b":2)"), "structure Patient.a; structure Patient.b"},
    });
}

TEST_CASE("structure: how many") {
    check_rows({
        {observation(R"("id":"a")"), ""},
        {R"({"resourceType":"Observation","code":{"text":"x"}})", "required Observation.status", "status is required"},
        {R"({"resourceType":"Observation"})", "required Observation.status; required Observation.code"},
        {R"({"resourceType":"Observation","_status":{"extension":[{"url":"u","valueCode":"unknown"}]},"code":{"text":"x"}})", ""},
        {observation(R"("component":[{"valueString":"x"}])"), "required Observation.component[0].code"},
        {R"({"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"}})",
         "required MedicationRequest.medication", "medication[x] is required"},
        {patient(R"("birthDate":["2000-01-01"])"), "structure Patient.birthDate", "must not be an array"},
        {patient(R"("name":{"text":"A"})"), "structure Patient.name", "must be an array"},
        {patient(R"("name":[{"given":"A"}])"), "structure Patient.name[0].given", "must be an array"},
        {patient(R"("contact":{"gender":"male"})"), "structure Patient.contact", "must be an array"},
    });
}

TEST_CASE("structure: JSON kinds") {
    check_rows({
        {patient(R"("active":true)"), ""},
        {patient(R"("active":"true")"), "value Patient.active", "without quotes"},
        {patient(R"("active":1)"), "value Patient.active"},
        {patient(R"("active":null)"), "value Patient.active"},
        {patient(R"("active":{})"), "value Patient.active"},
        {patient(R"("multipleBirthInteger":2)"), ""},
        {patient(R"("multipleBirthInteger":"2")"), "value Patient.multipleBirth", "multipleBirthInteger must be a number"},
        {patient(R"("birthDate":20000101)"), "value Patient.birthDate", "must be a string"},
        {patient(R"("birthDate":{"value":"2000"})"), "value Patient.birthDate"},
        {patient(R"("name":["A"])"), "structure Patient.name[0]", "must be a JSON object"},
        {patient(R"("name":[null])"), "structure Patient.name[0]"},
        {patient(R"("name":[[{"text":"A"}]])"), "structure Patient.name[0]"},
        {patient(R"("maritalStatus":"M")"), "structure Patient.maritalStatus"},
        {patient(R"("meta":null)"), "structure Patient.meta"},
        {patient(R"("name":[{"given":["A",["B"]]}])"), "value Patient.name[0].given[1]"},
        {patient(R"("_birthDate":"x")"), "structure Patient.birthDate"},
    });
}

TEST_CASE("structure: nothing is empty") {
    check_rows({
        {patient(R"("name":[])"), "structure Patient.name", "empty array"},
        {patient(R"("name":[{}])"), "structure Patient.name[0]", "must not be empty"},
        {patient(R"("maritalStatus":{})"), "structure Patient.maritalStatus"},
        {patient(R"("name":[{"text":""}])"), "value Patient.name[0].text", "must not be empty"},
        {patient(R"("name":[{"text":" \t\n"}])"), "value Patient.name[0].text", "visible text"},
        {patient(R"("name":[{"given":["A",""]}])"), "value Patient.name[0].given[1]"},
        {patient(R"("_birthDate":{})"), "structure Patient.birthDate"},
        {patient(R"("name":[{"id":"a"}])"), "invariant Patient.name[0]", "ele-1"},
        {patient(R"("name":[{"id":"a","text":"A"}])"), ""},
        // An id beside a value is enough; alone it is not.
        {patient(R"("birthDate":"2000","_birthDate":{"id":"a"})"), ""},
        {patient(R"("_birthDate":{"id":"a"})"), "invariant Patient.birthDate", "ele-1"},
        {patient(R"("name":[{"given":["A"],"_given":[{"id":"a"}]}])"), ""},
        {patient(R"("name":[{"_given":[{"id":"a"}]}])"), "invariant Patient.name[0].given[0]"},
    });
}

TEST_CASE("structure: the two arrays of a repeated primitive") {
    const std::string extension = R"({"extension":[{"url":"u","valueCode":"c"}]})";
    const auto name = [](const std::string& members) { return patient("\"name\":[{" + members + "}]"); };
    check_rows({
        {name(R"("given":["A",null],"_given":[null,)" + extension + "]"), ""},
        {name(R"("given":[null],"_given":[)" + extension + "]"), ""},
        {name(R"("_given":[)" + extension + "]"), ""},
        {name(R"("given":["A",null])"), "structure Patient.name[0].given[1]", "null in given"},
        {name(R"("given":[null],"_given":[null])"), "structure Patient.name[0].given[0]; structure Patient.name[0].given[0]"},
        {name(R"("_given":[null])"), "structure Patient.name[0].given[0]"},
        {name(R"("given":["A","B"],"_given":[)" + extension + "]"), "structure Patient.name[0].given", "same length"},
        {name(R"("given":["A"],"_given":)" + extension), "structure Patient.name[0].given", "must be an array"},
    });
}

TEST_CASE("structure: choices") {
    check_rows({
        {patient(R"("deceasedBoolean":false)"), ""},
        {patient(R"("deceasedDateTime":"2020")"), ""},
        {patient(R"("deceasedDateTime":"2020","_deceasedDateTime":{"id":"a"})"), ""},
        {patient(R"("_deceasedDateTime":{"id":"a"},"deceasedDateTime":"2020")"), ""},
        {patient(R"("deceased":true)"), "structure Patient.deceased", "such as deceasedBoolean"},
        {patient(R"("deceasedString":"yes")"), "structure Patient.deceasedString"},
        {patient(R"("deceasedBoolean":true,"deceasedDateTime":"2020")"), "structure Patient.deceased", "only one of deceased[x]"},
        {patient(R"("deceasedBoolean":true,"_deceasedDateTime":{"extension":[{"url":"u","valueCode":"c"}]})"), "structure Patient.deceased"},
        {observation(R"("valueQuantity":{"value":1})"), ""},
        {observation(R"("valueQuantity":{"value":1},"valueString":"x")"), "structure Observation.value"},
        {observation(R"("valueQuantity":{"value":"1"})"), "value Observation.value.value"},
        {observation(R"("valueAddress":{"text":"x"})"), "structure Observation.valueAddress"},
    });
}

TEST_CASE("structure: forms of primitives") {
    struct { const char* type; std::vector<const char*> good; std::vector<const char*> bad; } const forms[] = {
        {"Boolean", {"true", "false"}, {"\"true\"", "0", "null", "[]"}},
        {"Integer", {"0", "-1", "2147483647", "-2147483648"}, {"2147483648", "-2147483649", "1.0", "1e2", "-0", "\"1\""}},
        {"UnsignedInt", {"0", "2147483647"}, {"-1", "2147483648", "0.5"}},
        {"PositiveInt", {"1", "2147483647"}, {"0", "-1", "2147483648"}},
        {"Decimal", {"0", "1.10", "-0.001", "1e10", "1E-10", "1234567890.123456789"},
         {"\"1.0\"", "12345678901234567890123456789012345678901", "1e10000", "true"}},
        {"String", {"\"a\"", "\" a \"", "\"rad\\n två\"", "\"\xC3\xA5\""}, {"\"\"", "\" \"", "\"a\\u0000\"", "\"a\\u001b\"", "1"}},
        {"Markdown", {"\"# a\\n\\n- b\""}, {"\"\"", "\"\\u0007b\"", "2"}},
        {"Code", {"\"a\"", "\"a b\"", "\"<\""}, {"\"\"", "\" a\"", "\"a \"", "\"a  b\"", "\"a\\tb\"", "1"}},
        {"Id", {"\"a\"", "\"A-1.b\"", "\"0123456789012345678901234567890123456789012345678901234567890123\""},
         {"\"\"", "\"a_b\"", "\"a/b\"", "\"\xC3\xA5\"", "\"01234567890123456789012345678901234567890123456789012345678901234\"", "1"}},
        {"Uri", {"\"http://a.b/c\"", "\"urn:x:y\"", "\"a\"", "\"#a\""}, {"\"\"", "\"a b\"", "\" a\"", "\"a\\n\"", "1"}},
        {"Url", {"\"http://a.b/c\"", "\"mailto:a@b\""}, {"\"\"", "\"http://a b\""}},
        {"Canonical", {"\"http://a.b/c|1.0\"", "\"http://a.b/c#d\""}, {"\"\"", "\"http://a b\""}},
        {"Date", {"\"2024\"", "\"2024-02\"", "\"2024-02-29\"", "\"0001-01-01\""},
         {"\"\"", "\"24\"", "\"2024-2\"", "\"2024-13\"", "\"2024-00\"", "\"2023-02-29\"", "\"2024-04-31\"", "\"20240229\"", "\"0000\"",
          "\"2024-02-29T10:00:00Z\"", "\"2024-02-29 \"", "2024"}},
        {"DateTime", {"\"2024\"", "\"2024-02\"", "\"2024-02-29\"", "\"2024-02-29T12:30:00Z\"", "\"2024-02-29T12:30:00.123+01:00\"",
                      "\"2016-12-31T23:59:60Z\"", "\"2024-02-29T00:00:00-14:00\""},
         {"\"2024-02-29T12:30:00\"", "\"2024-02-29T12:30Z\"", "\"2024-02-29T24:00:00Z\"", "\"2024-02-29T12:60:00Z\"",
          "\"2024-02-29T12:30:00+14:30\"", "\"2024-02-29T12:30:00.Z\"", "\"2024-02-29 12:30:00Z\"", "\"2023-02-29T12:30:00Z\"", "1"}},
        {"Instant", {"\"2024-02-29T12:30:00Z\"", "\"2024-02-29T12:30:00.123456+01:00\""},
         {"\"2024\"", "\"2024-02-29\"", "\"2024-02-29T12:30:00\"", "\"2024-02-29T12:30Z\""}},
        {"Time", {"\"12:30:00\"", "\"23:59:59.5\""}, {"\"12:30\"", "\"24:00:00\"", "\"12:30:00Z\"", "\"1:30:00\"", "\"12:30:00.\""}},
        {"Oid", {"\"urn:oid:1.2.752.129\"", "\"urn:oid:0.0\""}, {"\"1.2.752\"", "\"urn:oid:3.1\"", "\"urn:oid:1\"", "\"urn:oid:1.02\"", "\"urn:oid:1.2.\""}},
        {"Uuid", {"\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""},
         {"\"c757873d-ec9a-4326-a141-556f43239520\"", "\"urn:uuid:c757873d\"", "\"urn:uuid:c757873dxec9a-4326-a141-556f43239520\""}},
        {"Base64Binary", {"\"QQ==\"", "\"QUI=\"", "\"QUJD\"", "\"QUJD\\nQUJD\""}, {"\"\"", "\"Q\"", "\"QQ\"", "\"QQ=\"", "\"====\"", "\"Q_==\"", "\"QQ==QQ==\""}},
    };
    for (const auto& form : forms) {
        const auto extended = [&](const char* value) {
            return patient(R"("extension":[{"url":"u","value)" + std::string(form.type) + "\":" + value + "}]");
        };
        for (const char* value : form.good) {
            CAPTURE(form.type);
            CAPTURE(value);
            CHECK(brief(check(extended(value))) == "");
        }
        for (const char* value : form.bad) {
            CAPTURE(form.type);
            CAPTURE(value);
            const Issues issues = check(extended(value));
            const bool array = value[0] == '[';
            CHECK(brief(issues) == (array ? "structure Patient.extension[0].value" : "value Patient.extension[0].value"));
        }
    }
    check_rows({
        {patient(R"("id":"a/b")"), "value Patient.id", "must be an id"},
        {patient(R"("name":[{"text":")" + std::string((1u << 20) + 1, 'a') + "\"}]"), "value Patient.name[0].text", "1,048,576"},
    });
}

TEST_CASE("structure: required codes") {
    check_rows({
        {patient(R"("gender":"female")"), ""},
        {patient(R"("gender":"Female")"), "code-invalid Patient.gender", "must be one of"},
        {patient(R"("gender":"kvinna")"), "code-invalid Patient.gender", "female"},
        {patient(R"("name":[{"use":"old"},{"use":"new"}])"), "code-invalid Patient.name[1].use"},
        {R"({"resourceType":"Observation","status":"done","code":{"text":"x"}})", "code-invalid Observation.status", "final"},
        // Example and preferred bindings are open.
        {patient(R"("maritalStatus":{"coding":[{"system":"urn:x","code":"gift"}]})"), ""},
        // A required binding of a CodeableConcept: one of its codings, with the system.
        {R"({"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"},{"system":"urn:x","code":"y"}]}})", ""},
        {R"({"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"coding":[{"system":"urn:x","code":"active"}]}})",
         "code-invalid AllergyIntolerance.clinicalStatus"},
        {R"({"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"text":"active"}})",
         "code-invalid AllergyIntolerance.clinicalStatus"},
        {R"({"resourceType":"AllergyIntolerance","patient":{"display":"x"},"clinicalStatus":{"extension":[{"url":"u","valueCode":"unknown"}]}})", ""},
    });
}

TEST_CASE("structure: references and their targets") {
    const auto subject = [](const std::string& reference) { return observation(R"("subject":{"reference":")" + reference + "\"}"); };
    check_rows({
        {subject("Patient/p1"), ""},
        {subject("Patient/p1/_history/2"), ""},
        {subject("http://a.b/fhir/Patient/p1"), ""},
        {subject("https://a.b/anything"), ""},
        {subject("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"), ""},
        {subject("urn:oid:1.2.3"), ""},
        {observation(R"("subject":{"display":"x"})"), ""},
        {observation(R"("subject":{"identifier":{"value":"x"}})"), ""},
        {subject("p1"), "value Observation.subject.reference", "must be Type/id"},
        {subject("Patient/"), "value Observation.subject.reference"},
        {subject("Patient/p1/x"), "value Observation.subject.reference"},
        {subject("urn:uuid:1"), "value Observation.subject.reference"},
        {subject("javascript:x"), "value Observation.subject.reference"},
        {subject("ftp://a/Patient/p1"), "value Observation.subject.reference"},
        {subject("Patience/p1"), "value Observation.subject.reference", "name of an R4 resource type"},
        {subject("HumanName/p1"), "value Observation.subject.reference"},
        {subject("Medication/p1"), "value Observation.subject.reference", "subject may refer to"},
        {subject("Patient?identifier=x"), "value Observation.subject.reference", "transaction only"},
        {subject(""), "value Observation.subject.reference"},
        {observation(R"("subject":{"reference":"Patient/p1","type":"Patient"})"), ""},
        {observation(R"("subject":{"reference":"Patient/p1","type":"Group"})"), "value Observation.subject.type", "differ"},
        {observation(R"("focus":[{"reference":"Medication/m1"}])"), ""},  // Reference(Any)
        {observation(R"("performer":[{"reference":"Patient/p1"},{"reference":"Device/d1"}])"), "value Observation.performer[1].reference"},
        {R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" + subject("Patient?identifier=x") +
             R"(,"request":{"method":"POST","url":"Observation"}}]})", ""},
    });
}

TEST_CASE("structure: contained resources") {
    const auto with = [](const std::string& contained, const std::string& reference) {
        return observation(R"("contained":[)" + contained + R"(],"subject":{"reference":")" + reference + "\"}");
    };
    const std::string p = R"({"resourceType":"Patient","id":"p"})";
    check_rows({
        {with(p, "#p"), ""},
        {with(p + R"(,{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"#p"}}]})", "#g"), ""},
        {with(p, "#q"), "not-found Observation.subject.reference; invariant Observation.contained[0]", "id of a contained resource"},
        {with(p, "Patient/p"), "invariant Observation.contained[0]", "dom-3"},
        {with(p + "," + p, "#p"), "duplicate Observation.contained[1].id; invariant Observation.contained[1]", "same id"},
        {with(R"({"resourceType":"Patient"})", "Patient/p"), "required Observation.contained[0].id; invariant Observation.contained[0]"},
        {with(R"({"resourceType":"Patient","id":"p","gender":"x"})", "#p"), "code-invalid Observation.contained[0].gender"},
        {with(R"({"resourceType":"Medication","id":"p"})", "#p"), "value Observation.subject.reference", "may refer to"},
        {with(R"({"resourceType":"Patient","id":"p","contained":[{"resourceType":"Patient","id":"q"}]})", "#p"),
         "invariant Observation.contained[0].contained[0]", "dom-2"},
        {with(R"({"resourceType":"Patient","id":"p","meta":{"versionId":"1"}})", "#p"), "invariant Observation.contained[0]", "dom-4"},
        {with(R"({"resourceType":"Patient","id":"p","meta":{"lastUpdated":"2024-02-29T12:30:00Z"}})", "#p"), "invariant Observation.contained[0]"},
        {with(R"({"resourceType":"Patient","id":"p","meta":{"security":[{"code":"R"}]}})", "#p"), "invariant Observation.contained[0]", "dom-5"},
        {with(R"({"resourceType":"Patient","id":"p","meta":{"profile":["http://a/b"]}})", "#p"), ""},
        {with(R"("x")", "Patient/p"), "structure Observation.contained[0]"},
        {observation(R"("contained":[])"), "structure Observation.contained"},
        // From inside to the container.
        {observation(R"("contained":[{"resourceType":"Provenance","id":"v","recorded":"2024-02-29T12:30:00Z","target":[{"reference":"#"}],"agent":[{"who":{"display":"x"}}]}])"), ""},
        // Each resource of a Bundle has its own.
        {R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" + with(p, "#p") + R"(},{"resource":)" +
             observation(R"("subject":{"reference":"#p"})") + "}]}", "not-found Bundle.entry[1].resource.subject.reference"},
    });
}

TEST_CASE("structure: resources inside resources") {
    check_rows({
        {R"({"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Patient"}}]})", ""},
        {R"({"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Patient","x":1}}]})",
         "structure Parameters.parameter[0].resource.x"},
        {R"({"resourceType":"Parameters","parameter":[{"name":"a","resource":{}}]})", "structure Parameters.parameter[0].resource"},
        {R"({"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","valueDate":"x"}]}]})",
         "value Parameters.parameter[0].part[0].value"},
        {R"({"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"2"}]}]})",
         "required Questionnaire.item[0].item[0].type"},
        {R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","gender":"x"}}]})",
         "code-invalid Bundle.entry[0].resource.gender"},
    });
}

TEST_CASE("structure: extensions") {
    check_rows({
        {patient(R"("extension":[{"url":"http://a/b","valueString":"x"}])"), ""},
        {patient(R"("extension":[{"url":"http://a/b","extension":[{"url":"c","valueInteger":1}]}])"), ""},
        {patient(R"("modifierExtension":[{"url":"http://a/b","valueBoolean":true}])"), ""},
        {patient(R"("extension":[{"url":"u","_valueString":{"extension":[{"url":"v","valueCode":"c"}]}}])"), ""},
        {patient(R"("extension":[{"valueString":"x"}])"), "required Patient.extension[0].url"},
        {patient(R"("extension":[{"url":"u"}])"), "invariant Patient.extension[0]", "ext-1"},
        {patient(R"("extension":[{"url":"u","valueString":"x","extension":[{"url":"c","valueInteger":1}]}])"), "invariant Patient.extension[0]"},
        {patient(R"("extension":[{"url":"u","value":"x"}])"), "structure Patient.extension[0].value"},
        {patient(R"("extension":[{"url":"u","valuePatient":{}}])"), "structure Patient.extension[0].valuePatient"},
        {patient(R"("extension":[{"url":"u v","valueString":"x"}])"), "value Patient.extension[0].url"},
        {patient(R"("extension":{"url":"u","valueString":"x"})"), "structure Patient.extension"},
        {patient(R"("name":[{"modifierExtension":[{"url":"u","valueString":"x"}]}])"), "structure Patient.name[0].modifierExtension"},
        {patient(R"("birthDate":"2000","_birthDate":{"extension":[{"url":"u"}]})"), "invariant Patient.birthDate.extension[0]"},
        {patient(R"("birthDate":"2000","_birthDate":{"value":"2001"})"), "structure Patient.birthDate.value"},
    });
}

TEST_CASE("structure: narratives are safe to show") {
    const char* const good[] = {
        "text", "<p>a</p><br/><hr />", "<b title='x'>a</b>", "&lt;script&gt; &#229; &#xE5; &amp;", "<!-- note -->a",
        R"~(<a href="https://a.b/c?d=1&amp;e=2">a</a>)~", R"~(<a href="#x">a</a>)~", R"~(<a href="Patient/p1">a</a>)~", R"~(<a href="mailto:a@b">a</a>)~",
        R"~(<img src="data:image/png;base64,AAAA" alt="x"/>)~", R"~(<table class="t"><tbody><tr><td colspan="2">a</td></tr></tbody></table>)~",
        R"~(<p style="color: red; text-align: left">a</p>)~",
        R"~(<p style="background-image: url(tbl_bck1.png)">a</p>)~", R"~(<p style="background: url('img/a-1.png') url(data:image/png;base64,iVBORw0KGgo=)">a</p>)~",
    };
    for (const char* inner : good) {
        CAPTURE(inner);
        CHECK(brief(check(in_div(inner))) == "");
    }
    const char* const bad[] = {
        "", "  ", "<p/>", "<!-- only -->", "<script>a</script>", "<SCRIPT>a</SCRIPT>", "<iframe>a</iframe>", "<style>a</style>", "<svg>a</svg>",
        "<form>a</form>", "<object>a</object>", "<link rel='x'/>a", "<base href='x'/>a", "<math>a</math>", R"~(<p onclick="a()">a</p>)~",
        R"~(<img src="x" onerror="a()"/>)~", R"~(<a href="javascript:a()">a</a>)~", "<a href=\"JaVa\nScript:a()\">a</a>",
        R"~(<a href="&#106;avascript:a()">a</a>)~", R"~(<a href="java&Tab;script:a()">a</a>)~", R"~(<a href=" vbscript:a">a</a>)~",
        R"~(<a href="data:text/html,a">a</a>)~", R"~(<img src="data:text/html,a"/>)~", R"~(<a href="verylongschemethatisnotknown:a">a</a>)~",
        R"~(<p style="background: url(http://a)">a</p>)~", R"~(<p style="background: url(//a/b.png)">a</p>)~", R"~(<p style="background: url(/b.png)">a</p>)~",
        R"~(<p style="background: url(a.png) url( 'HTTPS://a' )">a</p>)~", R"~(<p style="background: url(a.png">a</p>)~", R"~(<p style="background: url()">a</p>)~",
        R"~(<p style="background: url(data:text/html,a)">a</p>)~", R"~(<p style="background: url(data:image/svg+xml,a)">a</p>)~", R"~(<p style="width: expression(a)">a</p>)~", R"~(<p style="\75rl(a)">a</p>)~",
        "<p>a", "a</p>", "<p><b>a</p></b>", "<p a>a</p>", "<p class=x>a</p>", "<p class='x>a</p>", "<p class='<'>a</p>", "<p", "<", "a & b", "&nosemicolon",
        "<!DOCTYPE a>", "<?php a ?>", "<![CDATA[a]]>", "<!-- a", R"~(<p xmlns="http://www.w3.org/2000/svg">a</p>)~", "</div><div>a",
    };
    for (const char* inner : bad) {
        CAPTURE(inner);
        std::string text = inner;
        for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n')) text.replace(at, 1, "&#10;");
        CHECK(brief(check(in_div(text))) == "invalid Patient.text.div");
    }
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "<b>";
    check_rows({
        {in_div(deep), "invalid Patient.text.div", "too deeply"},
        {narrative("<div>a</div>"), "invalid Patient.text.div", "xmlns"},
        {narrative("text"), "invalid Patient.text.div", "one div"},
        {narrative("<p xmlns=\"http://www.w3.org/1999/xhtml\">a</p>"), "invalid Patient.text.div"},
        {narrative("<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>b"), "invalid Patient.text.div", "must end"},
        {narrative("<divx xmlns=\"http://www.w3.org/1999/xhtml\">a</divx>"), "invalid Patient.text.div"},
        {patient(R"("text":{"status":"generated","div":1})"), "value Patient.text.div"},
        {patient(R"("text":{"status":"generated"})"), "required Patient.text.div"},
        {patient(R"("text":{"status":"made","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"})"), "code-invalid Patient.text.status"},
    });
}

TEST_CASE("structure: the number of issues is bounded") {
    std::string names;
    for (int i = 0; i < 50; ++i) names += std::string(i == 0 ? "" : ",") + R"({"use":"x"})";
    const std::string text = patient("\"name\":[" + names + "]");
    CHECK(check(text).size() == 50);
    for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{49}}) {
        const Issues issues = check(text, up_to(most, 64));
        REQUIRE(issues.size() == most + 1);
        CHECK(issues.back().code == IssueCode::incomplete);
        CHECK(issues[most - 1].path == "Patient.name[" + std::to_string(most - 1) + "].use");
    }
    CHECK(check(text, up_to(50, 64)).size() == 50);
}

TEST_CASE("structure: depth is bounded") {
    const auto nested = [](int levels) {
        std::string text = R"({"url":"u","valueCode":"c"})";
        for (int i = 1; i < levels; ++i) text = R"({"url":"u","extension":[)" + text + "]}";
        return patient("\"extension\":[" + text + "]");
    };
    CHECK(brief(check(nested(64))) == "");
    const Issues deep = check(nested(65));
    REQUIRE(deep.size() == 1);
    CHECK(deep[0].code == IssueCode::too_costly);
    CHECK(brief(check(nested(3), up_to(100, 2))) == "too-costly Patient.extension[0].extension[0].extension[0]");
    CHECK(has_errors(check(nested(400), up_to(100, 100'000))));
}

TEST_CASE("structure: very many contained resources and references are checked in time") {
    std::string contained;
    std::string focus;
    for (int i = 0; i < 20'000; ++i) {
        const std::string id = "c" + std::to_string(i);
        contained += std::string(i == 0 ? "" : ",") + R"({"resourceType":"Patient","id":")" + id + "\"}";
        focus += std::string(i == 0 ? "" : ",") + R"({"reference":"#)" + id + "\"}";
    }
    CHECK(brief(check(observation("\"contained\":[" + contained + "],\"focus\":[" + focus + "]"))) == "");
}

TEST_CASE("structure: lines and columns") {
    const std::string text = "{\n \"resourceType\": \"Patient\",\n \"gender\": \"x\"\n}";
    const Issues issues = check(text, of_text(text));
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].line == 3);
    CHECK(issues[0].column == 12);
    CHECK(check(text)[0].line == 0);
}

TEST_CASE("structure: issues never quote content") {
    const std::string secret = "SECRETSECRET";
    for (const std::string& text : {
             patient("\"gender\":\"" + secret + "\""), patient("\"birthDate\":\"" + secret + "\""), patient("\"id\":\"" + secret + "/\""),
             observation(R"("subject":{"reference":")" + secret + "\"}"), observation(R"("subject":{"reference":"#)" + secret + "\"}"),
             in_div("<" + secret + "/>"), std::string(R"({"resourceType":")" + secret + "\"}"), patient("\"" + secret + " 1\":1")}) {
        const Issues issues = check(text);
        CHECK_FALSE(issues.empty());
        for (const Issue& issue : issues) {
            CHECK((issue.text + issue.path).find(secret) == std::string::npos);
        }
    }
}
