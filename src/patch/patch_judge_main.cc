// For the judges: a JSON object on each line of standard input, {"document": ..., "patch": ...}; a line for each on
// standard output: {"result": ...} or {"error": "..."}. A patch that is an array is a JSON Patch, an object a FHIRPath Patch.
#include <iostream>
#include <string>

#include "fhir/definitions.h"
#include "json/writer.h"
#include "patch/patch.h"

namespace {

std::string answer(const std::string& line) {
    using namespace idun;
    json::Writer w;
    w.object();
    const auto document = json::Document::parse(line);
    if (!document) return w.member("error", document.error().message).end().take();
    const json::Value patch = document->root()["patch"];
    const auto out = patch.is_object() ? patch::fhirpath_patch(fhir::Definitions::r4(), document->root()["document"], patch)
                                       : patch::json_patch(document->root()["document"], patch);
    if (!out) return w.member("error", out.error().message).end().take();
    return w.name("result").raw(*out).end().take();
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) std::cout << answer(line) << "\n" << std::flush;
    return 0;
}
