// Resources from outside: never a crash, at most the agreed number of issues, and the same ones each time.
// What is read must survive being written and checked again.
#include <cstdint>
#include <string_view>

#include "fhir/outcome.h"
#include "fhir/structure.h"
#include "json/writer.h"

namespace {

constexpr std::size_t kIssuesMax = 20;

bool same(const idun::fhir::Issues& a, const idun::fhir::Issues& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].code != b[i].code || a[i].path != b[i].path || a[i].text != b[i].text) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = json::Document::parse(text);
    if (!document) return 0;
    fhir::StructureOptions options;
    options.issues_max = kIssuesMax;
    options.text = text;
    const fhir::Issues issues = fhir::check_structure(fhir::Definitions::r4(), document->root(), options);
    if (issues.size() > kIssuesMax + 1) __builtin_trap();

    const std::string written = json::to_text(document->root());
    const auto again = json::Document::parse(written);
    if (!again) __builtin_trap();
    options.text = written;
    if (!same(issues, fhir::check_structure(fhir::Definitions::r4(), again->root(), options))) __builtin_trap();

    // The answer about it is itself a good resource.
    const auto outcome = json::Document::parse(fhir::operation_outcome(issues));
    if (!outcome || has_errors(fhir::check_structure(fhir::Definitions::r4(), outcome->root()))) __builtin_trap();
    return 0;
}
