// Expressions from outside over a small patient: never a crash, always an end, and the same answer each time. The second
// line of an input, when it has one, is the resource.
#include <cstdint>
#include <string>
#include <string_view>

#include "fhirpath/batch.h"
#include "fhirpath/expression.h"
#include "fhirpath/location.h"
#include "json/document.h"
#include "json/writer.h"

namespace {

using namespace idun;
using namespace idun::fhirpath;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p1","active":true,"name":[{"use":"official","family":"Alm","given":["Ann","Bo"],
 "_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]},{"use":"usual","given":["Anna"]}],"birthDate":"1974-12-25",
 "multipleBirthInteger":2,"_gender":{"extension":[{"url":"why","valueQuantity":{"value":1.50,"system":"http://unitsofmeasure.org","code":"kg"}}]},
 "contained":[{"resourceType":"Organization","id":"o1","name":"Clinic"}],"managingOrganization":{"reference":"#o1"}})";

std::string answer(const Expression& expression, json::Value root) {
    Environment environment;
    environment.resolve_to_types = true;
    environment.now = {1'700'000'000'000};
    environment.limits = {.steps_max = 20'000, .items_max = 2'000, .bytes_max = 64 * 1024, .pattern_bytes_max = 256, .documents_max = 4};
    const Item start = Item::resource(root);
    const auto result = expression.evaluate(start, environment);
    const auto truth = expression.test(start, environment);
    if (!result) {
        // What test() does without items in between may need fewer steps, never other ones.
        if (result.error().category == Category::internal) __builtin_trap();
        return result.error().message;
    }
    if (result->size() > environment.limits.items_max) __builtin_trap();
    if (result->size() <= 1 && !truth) __builtin_trap();
    json::Writer out;
    out.array();
    for (const Item& item : *result) write_item(out, item, root);
    return out.end().take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = input.find('\n');
    const std::string_view text = input.substr(0, line);
    const auto document = json::Document::parse(line == std::string_view::npos ? kPatient : input.substr(line + 1));
    if (!document) return 0;
    const auto expression = Expression::compile(text);
    const auto strict = Expression::compile(text, {.context = fhir::Definitions::r4().type("Patient"), .strict = true, .ordered = true});
    if (!expression) {
        if (strict) __builtin_trap();  // strict mode only refuses more
        return 0;
    }
    const std::string first = answer(*expression, document->root());
    if (first != answer(*expression, document->root())) __builtin_trap();
    // What the compiler noted about types changes no answer.
    if (strict && document->root()["resourceType"].text() == "Patient" && first != answer(*strict, document->root())) __builtin_trap();
    return 0;
}
