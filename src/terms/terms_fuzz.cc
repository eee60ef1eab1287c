// Value sets, code systems, tables and operation inputs of any kind: nothing crashes, nothing grows without end, and what a
// set lists it also holds.
#include <algorithm>
#include <cstdint>

#include "terms/operations.h"
#include "terms/table.h"

using namespace idun;
using namespace idun::terms;

namespace {

// Resources of one package, one a line, then what is asked of them.
void package(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::size_t at = 0; at < text.size() && files.size() < 8;) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        files.emplace_back("f" + std::to_string(files.size()), text.substr(at, end - at));
        at = end + 1;
    }
    const Terms terms(fhir::PackageSet({fhir::Package::of(files)}));
    for (const fhir::PackagedResource* one : terms.packages().of_type("ValueSet")) {
        const auto set = terms.code_set(one->url);
        if (!set) continue;
        for (const CodeSet::Entry& entry : (*set)->entries()) {
            IDUN_CHECK((*set)->contains((*set)->systems()[entry.system].url, entry.code) == Membership::in);
        }
        for (const char* filter : {"a", "x y", "\xC3\xA5"}) {
            const Inputs inputs = Inputs::from_query({{"url", one->url}, {"filter", filter}, {"includeDesignations", "true"}});
            const auto answer = expand(terms, inputs, {.now = "2026-11-25T22:00:00Z", .identifier = "urn:uuid:x"});
            if (answer) IDUN_CHECK(json::Document::parse(*answer).has_value());
        }
    }
    for (const fhir::PackagedResource* one : terms.packages().of_type("ConceptMap")) {
        (void)translate(terms, Inputs::from_query({{"url", one->url}, {"code", "a"}}));
    }
}

void ask(std::string_view text) {
    static const Terms terms(fhir::PackageSet::r4_core());
    const auto document = json::Document::parse(text);
    if (!document) return;
    const auto inputs = Inputs::from_parameters(document->root());
    if (!inputs) return;
    for (const auto operation : {lookup, subsumes, validate_code_in_system, validate_code_in_value_set, translate}) {
        const auto answer = operation(terms, *inputs);
        if (answer) IDUN_CHECK(json::Document::parse(*answer).has_value());
    }
    const auto answer = expand(terms, *inputs, {.now = "2026-11-25T22:00:00Z", .identifier = "urn:uuid:x"});
    if (answer) IDUN_CHECK(json::Document::parse(*answer).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] == 'p') package(text);
    if (data[0] == 'i') ask(text);
    if (data[0] == 't') (void)code_system_from_table(text, {.url = "http://s"});
    return 0;
}
