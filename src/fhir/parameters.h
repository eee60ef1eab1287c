// Writing a FHIR Parameters resource: what operations answer.
//
//     fhir::ParametersWriter().flag("changed", true).text("until", "valueInstant", to_iso(until)).take();
#pragma once

#include <string>
#include <string_view>

#include "json/writer.h"

namespace idun::fhir {

// One parameter after the other; empty texts are left out.
class ParametersWriter {
public:
    ParametersWriter() { w_.object().member("resourceType", "Parameters").name("parameter").array(); }
    ParametersWriter& text(std::string_view name, std::string_view kind, std::string_view value);  // kind: "valueString"
    ParametersWriter& flag(std::string_view name, bool value);
    ParametersWriter& count(std::string_view name, std::size_t value);  // valueInteger
    ParametersWriter& identifier(std::string_view name, std::string_view system, std::string_view value);
    ParametersWriter& coding(std::string_view name, std::string_view system, std::string_view version, std::string_view code, std::string_view display);
    ParametersWriter& open(std::string_view name);  // a parameter with parts, until close()
    ParametersWriter& close();
    std::string take();

private:
    json::Writer w_;
};

// A Coding; empty texts are left out.
void write_coding(json::Writer& w, std::string_view system, std::string_view version, std::string_view code, std::string_view display);

}  // namespace idun::fhir
