#include <doctest/doctest.h>

#include "fhir/definitions.h"
#include "patch/patch.h"

namespace idun::patch {
namespace {

std::string patched(const std::string& resource, const std::string& operations) {
    const auto document = json::Document::parse(resource);
    const auto parameters = json::Document::parse(R"({"resourceType":"Parameters","parameter":[)" + operations + "]}");
    CAPTURE(operations);
    REQUIRE(document);
    REQUIRE(parameters);
    const auto out = fhirpath_patch(fhir::Definitions::r4(), document->root(), parameters->root());
    return out ? *out : "!" + std::string(to_string(out.error().category));
}

std::string text(const std::string& name, const std::string& value) {
    return R"({"name":")" + name + R"(","valueString":")" + value + "\"}";
}
std::string operation(const std::string& type, const std::string& path, const std::string& more = "") {
    return R"({"name":"operation","part":[{"name":"type","valueCode":")" + type + "\"}," + text("path", path) + (more.empty() ? "" : "," + more) + "]}";
}
std::string add(const std::string& path, const std::string& name, const std::string& value) {
    return operation("add", path, text("name", name) + R"(,{"name":"value",)" + value + "}");
}
std::string replace(const std::string& path, const std::string& value) { return operation("replace", path, R"({"name":"value",)" + value + "}"); }
std::string number(const std::string& name, int value) {
    return R"({"name":")" + name + R"(","valueInteger":)" + std::to_string(value) + "}";
}
std::string insert(const std::string& path, int index, const std::string& value) {
    return operation("insert", path, number("index", index) + R"(,{"name":"value",)" + value + "}");
}
std::string move(const std::string& path, int source, int destination) {
    return operation("move", path, number("source", source) + "," + number("destination", destination));
}

TEST_CASE("values of every kind") {
    struct Case {
        std::string resource;
        std::string operations;
        std::string result;
    };
    const Case cases[] = {
        {R"({"resourceType":"Patient"})", add("Patient", "birthDate", R"("valueDate":"1970-01-01")"), R"({"resourceType":"Patient","birthDate":"1970-01-01"})"},
        {R"({"resourceType":"Patient"})", add("Patient", "birthDate", R"("valueDate":"1970","_valueDate":{"id":"x"})"),
         R"({"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"x"}})"},
        {R"({"resourceType":"Patient"})", add("Patient", "birthDate", R"("_valueDate":{"id":"x"})"), R"({"resourceType":"Patient","_birthDate":{"id":"x"}})"},
        {R"({"resourceType":"Patient"})", add("Patient", "deceased", R"("valueBoolean":false)"), R"({"resourceType":"Patient","deceasedBoolean":false})"},
        {R"({"resourceType":"Patient"})", add("Patient", "deceased[x]", R"("valueDateTime":"2020")"), R"({"resourceType":"Patient","deceasedDateTime":"2020"})"},
        {R"({"resourceType":"Observation"})", add("Observation", "value", R"("valueQuantity":{"value":1.10})"),
         R"({"resourceType":"Observation","valueQuantity":{"value":1.10}})"},
        {R"({"resourceType":"Patient","name":[{"given":["a"]}]})", add("Patient.name[0]", "given", R"("valueString":"b")"),
         R"({"resourceType":"Patient","name":[{"given":["a","b"]}]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a"]}]})", add("Patient.name.first()", "given", R"("valueString":"b","_valueString":{"id":"x"})"),
         R"({"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null,{"id":"x"}]}]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x"}]}]})", add("Patient.name[0]", "given", R"("valueString":"b")"),
         R"({"resourceType":"Patient","name":[{"given":["a",null,"b"],"_given":[null,{"id":"x"},null]}]})"},
        {R"({"resourceType":"Patient"})",
         add("Patient", "contact", R"("part":[{"name":"name","part":[{"name":"given","valueString":"a"},{"name":"given","valueString":"b"}]},{"name":"gender","valueCode":"male"}])"),
         R"({"resourceType":"Patient","contact":[{"name":{"given":["a","b"]},"gender":"male"}]})"},
        {R"({"resourceType":"Patient"})", add("Patient", "contained", R"("resource":{"resourceType":"Organization","id":"o"})"),
         R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]})"},
        {R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]})", add("Patient.contained[0]", "name", R"("valueString":"n")"),
         R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"n"}]})"},
        {R"({"resourceType":"Patient"})", add("Patient", "extension", R"("part":[{"name":"url","valueUri":"http://u"},{"name":"value","valueString":"v"}])"),
         R"({"resourceType":"Patient","extension":[{"url":"http://u","valueString":"v"}]})"},
        // A choice changes its type, a primitive its sidecar, and members keep their places.
        {R"({"resourceType":"Observation","valueString":"x","_valueString":{"id":"i"},"note":[]})", replace("Observation.value", R"("valueInteger":7)"),
         R"({"resourceType":"Observation","valueInteger":7,"note":[]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a","b"],"_given":[{"id":"x"},null]}]})", replace("Patient.name.given[0]", R"("valueString":"c")"),
         R"({"resourceType":"Patient","name":[{"given":["c","b"]}]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a","b"]}]})", insert("Patient.name.given", 1, R"("valueString":"c","_valueString":{"id":"x"})"),
         R"({"resourceType":"Patient","name":[{"given":["a","c","b"],"_given":[null,{"id":"x"},null]}]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a","b","c"],"_given":[{"id":"x"},null,null]}]})", move("Patient.name.given", 0, 2),
         R"({"resourceType":"Patient","name":[{"given":["b","c","a"],"_given":[null,null,{"id":"x"}]}]})"},
        {R"({"resourceType":"Patient","name":[{"given":["a","b","c"]}]})", move("Patient.name.given", 2, 0), R"({"resourceType":"Patient","name":[{"given":["c","a","b"]}]})"},
        // What becomes empty goes.
        {R"({"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"x"}})", operation("delete", "Patient.birthDate"), R"({"resourceType":"Patient"})"},
        {R"({"resourceType":"Patient","name":[{"given":["a"]}],"contact":[{"name":{"text":"x"}}]})",
         operation("delete", "Patient.name.given") + "," + operation("delete", "Patient.contact.name.text"), R"({"resourceType":"Patient"})"},
        {R"({"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null,{"id":"x"}]}]})", operation("delete", "Patient.name.given.where($this = 'b')"),
         R"({"resourceType":"Patient","name":[{"given":["a"]}]})"},
        {R"({"resourceType":"Patient"})", operation("delete", "Patient.photo"), R"({"resourceType":"Patient"})"},
        // The second operation sees the first.
        {R"({"resourceType":"Patient"})", add("Patient", "name", R"("valueHumanName":{"text":"x"})") + "," + add("Patient.name[0]", "family", R"("valueString":"y")"),
         R"({"resourceType":"Patient","name":[{"text":"x","family":"y"}]})"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.operations);
        CHECK(patched(c.resource, c.operations) == c.result);
    }
}

TEST_CASE("what is refused") {
    const std::string patient = R"({"resourceType":"Patient","id":"p","active":true,"name":[{"given":["a","b"]},{"family":"c"}]})";
    struct Case {
        std::string operations;
        const char* category;
    };
    const std::string value = R"("valueString":"x")";
    const Case cases[] = {
        {R"({"name":"change"})", "!invalid"},
        {R"({"name":"operation"})", "!invalid"},
        {R"({"name":"operation","part":[{"name":"type","valueCode":"add"}]})", "!invalid"},
        {operation("forget", "Patient"), "!invalid"},
        {operation("add", "Patient"), "!invalid"},
        {operation("add", "Patient", text("name", "gender")), "!invalid"},
        {operation("add", "Patient", R"({"name":"value",)" + value + "}"), "!invalid"},
        {operation("delete", "Patient", text("colour", "x")), "!invalid"},
        {operation("delete", "Patient.name[0]", text("path", "Patient.name[1]")), "!invalid"},
        {add("Patient", "shoeSize", value), "!invalid"},
        {add("Patient", "deceased", R"("valueQuantity":{})"), "!invalid"},
        {add("Patient", "contact", R"("part":[])"), "!invalid"},
        {add("Patient", "contact", R"("part":[{"name":"shoe","valueString":"x"}])"), "!invalid"},
        {add("Patient", "contact", R"("part":[{"name":"gender","valueCode":"a"},{"name":"gender","valueCode":"b"}])"), "!conflict"},
        {add("Patient", "gender", R"("valueCode":"a","part":[{"name":"x","valueString":"y"}])"), "!invalid"},
        {add("Patient", "gender", R"("colour":1)"), "!invalid"},
        {operation("delete", "Patient.(("), "!invalid"},
        {operation("delete", "Patient.nonsense("), "!invalid"},
        {operation("delete", "Patient"), "!invalid"},
        {replace("Patient", R"("resource":{"resourceType":"Patient"})"), "!invalid"},
        {operation("insert", "Patient.name", R"({"name":"value",)" + value + "}"), "!invalid"},
        {operation("insert", "Patient.name", number("index", -1) + R"(,{"name":"value",)" + value + "}"), "!invalid"},
        {operation("move", "Patient.name", number("source", 0)), "!invalid"},
        {add("Patient", "active", R"("valueBoolean":false)"), "!conflict"},
        {add("Patient.photo", "title", value), "!conflict"},
        {add("Patient.name", "family", value), "!conflict"},
        {add("Patient.active", "id", value), "!conflict"},
        {add("Patient.name.count()", "family", value), "!conflict"},
        {replace("Patient.photo", value), "!conflict"},
        {replace("Patient.name.given", value), "!conflict"},
        {operation("delete", "Patient.name.given"), "!conflict"},
        {operation("delete", "'text'"), "!conflict"},
        {insert("Patient.photo", 0, value), "!conflict"},
        {insert("Patient.active", 0, value), "!conflict"},
        {insert("Patient.name", 3, value), "!conflict"},
        {insert("Patient.name[0]", 0, value), "!conflict"},
        {insert("Patient.name.given | Patient.name.family", 0, value), "!conflict"},
        {move("Patient.name", 0, 2), "!conflict"},
        {move("Patient.name", 2, 0), "!conflict"},
        {move("Patient.name.given.first()", 0, 0), "!conflict"},
        {operation("delete", "Patient.name.where(given.repeat($this & $this).exists())"), "!too_large"},
        // The last one fails: nothing comes of the first.
        {replace("Patient.active", R"("valueBoolean":false)") + "," + replace("Patient.photo", value), "!conflict"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.operations);
        CHECK(patched(patient, c.operations) == c.category);
    }
    const auto document = json::Document::parse(patient);
    for (const char* wrong : {"[]", "{}", R"({"resourceType":"Patient"})", R"({"resourceType":"Parameters","parameter":{}})", R"({"resourceType":"Parameters","parameter":[7]})"}) {
        const auto parameters = json::Document::parse(wrong);
        CAPTURE(wrong);
        CHECK(fhirpath_patch(fhir::Definitions::r4(), document->root(), parameters->root()).error().category == Category::invalid);
    }
}

TEST_CASE("each path pays in advance for all that it may do, also a cheap one") {
    const auto document = json::Document::parse(R"({"resourceType":"Patient"})");
    const auto with = [&](int paths, std::size_t steps_max) {
        std::string operations;
        for (int i = 0; i < paths; ++i) operations += (i == 0 ? "" : ",") + operation("delete", "Patient.active");
        const auto parameters = json::Document::parse(R"({"resourceType":"Parameters","parameter":[)" + operations + "]}");
        REQUIRE(parameters);
        return fhirpath_patch(fhir::Definitions::r4(), document->root(), parameters->root(), {.steps_max = steps_max});
    };
    CHECK(with(3, 200'000));
    const auto refused = with(4, 200'000);
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::too_large);
}

TEST_CASE("messages never quote content") {
    const auto document = json::Document::parse(R"({"resourceType":"Patient","name":[{"family":"Secret"}]})");
    for (const std::string& one : {operation("delete", "Patient.name.family.substring(0, 'Secret')"), replace("Patient.name.family.Secret", R"("valueString":"Secret")"),
                                   add("Patient", "Secret", R"("valueString":"Secret")"), operation("Secret", "Patient")}) {
        const auto parameters = json::Document::parse(R"({"resourceType":"Parameters","parameter":[)" + one + "]}");
        const auto out = fhirpath_patch(fhir::Definitions::r4(), document->root(), parameters->root());
        CAPTURE(one);
        REQUIRE(!out);
        CHECK(out.error().message.find("Secret") == std::string::npos);
    }
}

}  // namespace
}  // namespace idun::patch
