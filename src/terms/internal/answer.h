// Parts that the operations share: writing Parameters, and reading which code is meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/writer.h"
#include "terms/inputs.h"
#include "terms/terms.h"

namespace idun::terms {

// A Parameters resource, one parameter after the other; empty texts are left out.
class Answer {
public:
    Answer() { w_.object().member("resourceType", "Parameters").name("parameter").array(); }
    Answer& text(std::string_view name, std::string_view kind, std::string_view value);  // kind: "valueString"
    Answer& flag(std::string_view name, bool value);
    Answer& coding(std::string_view name, std::string_view system, std::string_view version, std::string_view code, std::string_view display);
    Answer& open(std::string_view name);  // a parameter with parts, until close()
    Answer& close();
    std::string take();

private:
    json::Writer w_;
};

void write_coding(json::Writer& w, std::string_view system, std::string_view version, std::string_view code, std::string_view display);

// A code that a request asks about; texts are borrowed from the inputs.
struct Meant {
    std::string_view system;
    std::string_view version;
    std::string_view code;
    std::string_view display;
};

Meant meant_by(json::Value coding);

// From code, system, version and display, or coding, or codeableConcept: exactly one of the three. `invalid` otherwise, and
// when a coding has no code. `version` names the parameter that goes with `code`.
Result<std::vector<Meant>> meant(const Inputs& inputs, std::string_view version_name);

// "url|version" of parameters; the version only when it is given.
std::string canonical_of(std::string_view url, std::string_view version);

}  // namespace idun::terms
