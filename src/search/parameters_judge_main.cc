// For test/judges/search-parameters: compiles SearchParameter resources, one on each line of the input, and answers a
// line for each: "ok", or why not. A composite compiles when its components do, which "components" holds as expressions.
#include <iostream>
#include <string>

#include "fhir/definitions.h"
#include "json/document.h"
#include "search/path.h"

namespace {

using namespace idun;

// Of one base type; the resource types of an abstract one all share it.
std::string why_not(const fhir::Definitions& r4, json::Value parameter, std::string_view base) {
    const std::string_view type = base == "Resource" || base == "DomainResource" ? std::string_view("Patient") : base;
    const auto path = search::Path::compile(r4, parameter["expression"].text(), type);
    if (!path) return std::string(base) + ": " + path.error().message;
    if (path->empty()) return std::string(base) + ": its expression says nothing of this type";
    for (const json::Value component : parameter["component"].elements()) {
        if (const auto part = search::Path::relative(r4, component["expression"].text(), *path); !part) {
            return std::string(base) + ": of a component, " + part.error().message;
        }
    }
    return {};
}

std::string verdict(const fhir::Definitions& r4, json::Value parameter) {
    if (parameter["expression"].text().empty()) return "it has no expression";
    if (parameter["base"].size() == 0) return "it has no base";
    for (const json::Value base : parameter["base"].elements()) {
        if (auto why = why_not(r4, parameter, base.text()); !why.empty()) return why;
    }
    return "ok";
}

}  // namespace

int main() {
    const fhir::Definitions& r4 = fhir::Definitions::r4();
    for (std::string line; std::getline(std::cin, line);) {
        const auto document = json::Document::parse(line);
        std::cout << (document ? verdict(r4, document->root()) : document.error().message) << "\n";
    }
}
