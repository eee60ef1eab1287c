#include "terms/internal/meant.h"

namespace idun::terms {

Meant meant_by(json::Value coding) {
    return {coding["system"].text(), coding["version"].text(), coding["code"].text(), coding["display"].text()};
}

Result<std::vector<Meant>> meant(const Inputs& inputs, std::string_view version_name) {
    const bool code = inputs.has("code");
    const bool coding = inputs.has("coding");
    const bool concept_given = inputs.has("codeableConcept");
    if (code + coding + concept_given != 1) return fail(Category::invalid, "give exactly one of code, coding and codeableConcept");
    std::vector<Meant> out;
    if (code) {
        if (inputs.text("code").empty()) return fail(Category::invalid, "code is empty");
        out.push_back({inputs.text("system"), inputs.text(version_name), inputs.text("code"), inputs.text("display")});
        return out;
    }
    if (coding) {
        out.push_back(meant_by(inputs.value("coding")));
        if (out[0].code.empty()) return fail(Category::invalid, "the coding has no code");
        return out;
    }
    const json::Value codings = inputs.value("codeableConcept")["coding"];
    if (codings.size() == 0) return fail(Category::invalid, "the codeableConcept has no coding");
    if (codings.size() > Inputs::kMax) return fail(Category::too_large, "the codeableConcept has more than 200 codings");
    for (const json::Value one : codings.elements()) out.push_back(meant_by(one));
    return out;
}

std::string canonical_of(std::string_view url, std::string_view version) {
    std::string out(url);
    if (!version.empty() && url.find('|') == url.npos) out.append("|").append(version);
    return out;
}

}  // namespace idun::terms
