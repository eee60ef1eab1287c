// Resources from outside against R4 and a profile with slices, extensions and invariants: never a crash, issues within
// their bound, the same ones each time, and no word of the document in them that is not a name of R4.
#include <cstdint>
#include <string_view>

#include "fhir/package.h"
#include "validation/guides.h"

namespace {

constexpr std::size_t kIssuesMax = 20;

constexpr const char* kProfile = R"j({"resourceType":"StructureDefinition","url":"http://test/p","name":"P","status":"active","kind":"resource","abstract":false,"type":"Patient",
"baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[
{"path":"Patient","constraint":[{"key":"p-1","severity":"error","human":"h","expression":"name.exists() or contained.exists()"}]},
{"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed"}},
{"path":"Patient.identifier","sliceName":"a","min":1},{"path":"Patient.identifier.system","fixedUri":"http://a"},
{"path":"Patient.name.family","min":1,"maxLength":20},
{"path":"Patient.deceased[x]","type":[{"code":"boolean"}]},
{"path":"Patient.link.other","type":[{"code":"Reference","targetProfile":["http://test/p"]}]},
{"path":"Patient.generalPractitioner","slicing":{"discriminator":[{"type":"type","path":"resolve()"}],"rules":"open"}},
{"path":"Patient.generalPractitioner","sliceName":"org","max":"1","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]}]}})j";

const idun::validation::Guides& guides() {
    using namespace idun;
    static const std::pair<std::string, std::string> file{"p.json", kProfile};
    static const validation::Guides made(fhir::PackageSet({fhir::Package::r4_core(), fhir::Package::of({&file, 1})}));
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = json::Document::parse(text);
    if (!document) return 0;
    validation::Options options;
    options.issues_max = kIssuesMax;
    options.steps_max = 200'000;
    options.text = text;
    options.profiles = {"http://test/p"};
    const fhir::Issues issues = guides().validator().validate(document->root(), options);
    if (issues.size() > 4 * (kIssuesMax + 2)) __builtin_trap();
    const fhir::Issues again = guides().validator().validate(document->root(), options);
    if (issues.size() != again.size()) __builtin_trap();
    for (std::size_t i = 0; i < issues.size(); ++i) {
        if (issues[i].text != again[i].text || issues[i].path != again[i].path) __builtin_trap();
    }
    return 0;
}
