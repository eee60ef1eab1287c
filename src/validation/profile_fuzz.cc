// StructureDefinitions from outside: compiling one never crashes, ends, and what comes out can judge a resource.
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/package.h"
#include "json/document.h"
#include "validation/guides.h"

namespace {

// R4 core is unpacked once for all runs.
class Source final : public idun::validation::Source {
public:
    explicit Source(idun::json::Value definition) : definition_(definition) {}
    idun::json::Value find(std::string_view type, std::string_view canonical) const override {
        static const idun::validation::PackageSource core(idun::fhir::PackageSet::r4_core());
        if (canonical == "http://fuzz") return definition_;
        return core.find(type, canonical);
    }

private:
    idun::json::Value definition_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun;
    const auto definition = json::Document::parse(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!definition) return 0;
    const Source source(definition->root());
    validation::Library library(source);
    if (library.program("http://fuzz") == nullptr) return 0;
    static const auto patient = json::Document::parse(
        R"({"resourceType":"Patient","identifier":[{"system":"http://a","value":"1"},{"use":"old"}],"name":[{"family":"A","given":["B"]}],"deceasedBoolean":true,
            "contact":[{"name":{"text":"c"}}],"link":[{"other":{"reference":"Patient/1"},"type":"refer"}],"extension":[{"url":"http://x","valueString":"y"}]})");
    validation::Options options;
    options.profiles = {"http://fuzz"};
    options.base = false;
    options.declared = false;
    options.steps_max = 100'000;
    const auto issues = validation::Validator(library).validate(patient->root(), options);
    if (issues.size() > 2 * (options.issues_max + 2)) __builtin_trap();
    return 0;
}
